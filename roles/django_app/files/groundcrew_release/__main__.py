"""Ship releases of a Django application on this host.

groundcrew-release NAME plan [--leads]            which release the description asks for, and whether it is there
groundcrew-release NAME resolve                   find out whether its requirements can be installed
groundcrew-release NAME build [--leads]           build it
groundcrew-release NAME activate ID [--leads]     let it take the traffic
groundcrew-release NAME rollback [ID]             let an earlier release take the traffic; --target: say which
groundcrew-release NAME deploy [VERSION]          build and activate what the repository has
groundcrew-release NAME recover                   end what was interrupted, as each boot does
groundcrew-release NAME rotate STEP               change the key that Django signs with: prepare, use or finish
groundcrew-release NAME export FILE               put databases and uploads into a file, for another host
groundcrew-release NAME import FILE               replace databases and uploads by those of such a file
groundcrew-release NAME list                      all releases, newest first
groundcrew-release NAME logs [SPAN]               what its units and Nginx said, in the last 10m or so
groundcrew-release NAME preview [--leads]         build as far as Django can be asked, and remove it again
groundcrew-release NAME run [--] COMMAND...       run a command of the application; RELEASE=ID picks another release
"""

import argparse
import getpass
import json
import os
import platform
import secrets
import sys
import time
from pathlib import Path

from . import application as description
from . import keys, lock, records, report, run
from .application import Application
from .report import Result
from .steps import FailedError, Steps

FILES = ("export", "import")
CHANGING = ("resolve", "build", "activate", "rollback", "preview", "rotate", "deploy", "recover", *FILES)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return the exit code: 0 good, 1 failed, 2 wrong usage."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if os.geteuid() != 0:
        os.execvp("sudo", ["sudo", lock.PROGRAM, *arguments])  # noqa: S606 - no shell is wanted
    if arguments[1:2] == ["run"]:
        return run_command(arguments)
    options = parse(arguments)
    try:
        application = find(options)
    except FileNotFoundError:
        return say({"failed": True, "msg": f"This host has no application {options.name}."}, options.json, code=2)
    except (ValueError, TypeError, KeyError) as error:
        text = f"{options.name}: its description cannot be read: {type(error).__name__}: {error}"
        return say({"failed": True, "msg": text}, options.json, code=2)
    steps = Steps()
    if options.worker or (options.verb == "recover" and lock.RUN in os.environ):
        return work(application, options)
    if options.verb in CHANGING and not options.target:
        try:
            token = os.environ.get(lock.CALL) or secrets.token_hex(8)
            return say(lock.call(request(application, options), token), options.json)
        except FailedError as error:
            return say(report.failure(application, options.verb, error, steps), options.json)
        except KeyboardInterrupt:
            unit = f"{application.name}-release"
            print(
                f"\nIt goes on in {unit}: journalctl -fu {unit}, or end it with: systemctl stop {unit}", file=sys.stderr
            )
            return 130
    try:
        return say(read(application, options), options.json)
    except Exception as error:
        return say(report.failure(application, options.verb, error, steps), options.json)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line; exits with 2 when they are wrong."""
    parser = argparse.ArgumentParser(
        prog="groundcrew-release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name")
    parser.add_argument("verb", choices=["plan", *CHANGING, "list", "logs"], metavar="verb")
    parser.add_argument("release", nargs="?", default="")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--by", default="", help="who does it, for the log")
    parser.add_argument("--leads", action="store_true", help="run what runs on one host only")
    parser.add_argument("--application", default="", help="FILE with the description, or - to plan for")
    parser.add_argument("--target", action="store_true", help="only find the release to go back to")
    parser.add_argument("--allow-schema-ahead", action="store_true", help="go back although the database is ahead")
    parser.add_argument("--fresh-environment", action="store_true", help="give the release the environment of today")
    parser.add_argument("--keep-personal-data", action="store_true", help="leave out the commands of `anonymise`")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.verb == "activate" and not options.release:
        parser.error("activate: name a release")
    if options.verb == "rotate" and options.release not in keys.STEPS:
        parser.error(f"rotate: name a step, {', '.join(keys.STEPS)}")
    if options.verb in FILES:
        if not options.release:
            parser.error(f"{options.verb}: name a file")
        options.release = str(Path(options.release).absolute())
    elif options.verb != "deploy" and ("/" in options.release or options.release.startswith(".")):
        parser.error("a name has no slash")
    if "/" in options.name:
        parser.error("a name has no slash")
    if options.release and options.verb not in ("activate", "rollback", "rotate", "logs", "deploy", *FILES):
        parser.error(f"{options.verb} takes no release")
    options.by = options.by or f"{os.environ.get('SUDO_USER') or getpass.getuser()}@{platform.node()}"
    return options


def find(options: argparse.Namespace) -> Application:
    """Return the application of this host, or the one that `--application` describes."""
    if not options.application:
        return description.load(options.name)
    if options.application == "-":
        return description.parse(sys.stdin.read())
    return description.parse(Path(options.application).read_text())


def request(application: Application, options: argparse.Namespace) -> lock.Request:
    """Return what the unit is asked for."""
    names = ("leads", "allow_schema_ahead", "fresh_environment", "keep_personal_data")
    flags = [name for name in names if getattr(options, name)]
    arguments = ([options.release] if options.release else []) + [f"--{flag.replace('_', '-')}" for flag in flags]
    from . import source

    what = options.release or (source.wanted(application) if options.verb not in ("rollback", "recover") else "")
    return lock.Request(application.name, options.verb, what, options.by, tuple(arguments), options.application)


def read(application: Application, options: argparse.Namespace) -> Result:
    """Do a verb that only reads, and return its result."""
    if options.verb == "list":
        listed = records.listed(application)
        return {"changed": False, "releases": listed, "text": report.table(listed)}
    if options.verb == "logs":
        from . import logs

        said = logs.read(application, time.time(), options.release or "10m")
        return {"changed": False, "lines": said, "text": [logs.told(line) for line in said]}
    if options.verb == "plan":
        from . import plan

        planned = plan.plan(application, options.leads)
        text = f"{application.name}: release {planned['id'] or 'of a name not known yet'} is {planned['state']}, "
        return {"changed": False, "text": [f"{text}{planned['serving'] or 'none'} serves."]} | planned
    from . import rollback

    found = rollback.target(application, options.release, options.allow_schema_ahead)
    text = (
        f"{application.name} would serve {found['id']} ({found['version']}) instead of {found['serving'] or 'nothing'}."
    )
    return {"changed": False, "msg": text, "text": [text]} | found


def change(application: Application, options: argparse.Namespace, steps: Steps) -> Result:
    """Do a verb that changes something, in the unit, and return its result."""
    from . import activate, data

    if options.verb == "recover":
        found = recover(application, steps)
        if activate.read_attempt(application):
            raise FailedError("Not all that was interrupted could be ended yet.")
        said = "What was interrupted has ended." if found else "Nothing was interrupted."
        return {"changed": found, "msg": f"{application.name}: {said}"}
    # Nothing is done with the data of half an import.
    data.recover(application, steps)
    if options.verb == "activate":
        return activate.activate(application, options.release, options.by, steps, options.leads)
    if options.verb == "rollback":
        from . import rollback

        return rollback.rollback(
            application, options.release, options.by, steps, options.allow_schema_ahead, options.fresh_environment
        )
    if options.verb == "deploy":
        from . import deploy

        return deploy.deploy(application, options.release, options.by, options.leads, steps)
    if options.verb == "rotate":
        return keys.rotate(application, options.release, steps)
    if options.verb in FILES:
        path = Path(options.release)
        if options.verb == "export":
            return data.export(application, path, steps)
        return data.replace(application, path, options.leads, options.keep_personal_data, steps)
    if options.verb == "resolve":
        from . import resolve

        return resolve.resolve(application, steps)
    if options.verb == "build":
        from . import build

        return build.build(application, options.by, options.leads, steps)
    from . import preview

    return preview.preview(application, options.by, options.leads, steps)


def recover(application: Application, steps: Steps) -> bool:
    """End what a verb left behind that was killed, or that went with the host; say whether there was anything."""
    from . import activate, data

    return any([activate.recover(application, steps), data.recover(application, steps)])


def work(application: Application, options: argparse.Namespace) -> int:
    """Do the verb in the unit and keep its result, which says how it ended.

    Returns 0, or 1 when there are data to be put back: systemd runs `recover` then, in the same unit, as it does when
    the process was killed.
    """
    from . import data

    steps = Steps(begun=lambda name: print(f"{name} …", flush=True))
    token = os.environ.get(lock.RUN, "")
    try:
        lock.work(application.name, steps)
        if not options.worker:
            recover(application, steps)
            if (kept := report.kept(application.name, token)) is None:
                raise FailedError("it was killed")
            text = [*kept["text"], *steps.notes]
            report.keep(application.name, token, kept | {"msg": "\n".join(text), "text": text})
            return 0
        result = report.success(application, options.verb, change(application, options, steps), steps)
    except Exception as error:
        steps.closing = True
        verb = os.environ.get(lock.VERB, options.verb)
        result = report.failure(application, verb, error, steps)
    report.keep(application.name, token, result)
    print("\n".join(result["text"]), flush=True)
    return int(data.begun(application).exists())


def say(result: Result, as_json: bool, code: int = 1) -> int:
    """Print a result as one JSON object or for a person; return 0, or `code` when it is a failure."""
    failed = bool(result.get("failed"))
    if as_json:
        print(json.dumps(result))
    else:
        text = "\n".join(result.get("text") or [result.get("msg", "")])
        print(text, file=sys.stderr if failed else sys.stdout)
    return code if failed else 0


def run_command(arguments: list[str]) -> int:
    """Become a command of an application."""
    name, command = arguments[0], arguments[2:]
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        print(f"usage: {name}-run COMMAND [ARGUMENT...]", file=sys.stderr)
        return 2
    try:
        run.run(description.load(name), command)
    except FileNotFoundError:
        print(f"This host has no application {name}.", file=sys.stderr)
    except FailedError as error:
        print(error, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
