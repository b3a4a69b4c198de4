"""Build the release that an application asks for, whole or not at all.

`releases/ID` has its final name from the start, since the scripts of a virtual environment carry their path; it counts
as a release when its record is there, which is written last. So a build may be killed at any line: what it leaves
counts for nothing, and the next build removes it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from . import (
    build_steps,
    bytecode,
    commands,
    compiled,
    configure,
    environment,
    files,
    gunicorn,
    host,
    identity,
    image,
    image_source,
    migrations,
    missing,
    plan,
    records,
    report,
    requirements,
    server,
    source,
    summary,
)
from .application import Application
from .migrations import Progress
from .project import Asked, Choice, Project
from .project import read as read_project
from .records import Record
from .steps import FailedError, Steps

QUEUES = {"CELERY_BROKER_URL", "BROKER_URL", "RQ_REDIS_URL"}
"""Variables by which an inventory names a queue of its own."""
OWN = {"wsgi": "django.core.wsgi:get_wsgi_application()", "asgi": "django.core.asgi:get_asgi_application()"}
"""What Django's own server calls where nobody names anything."""
Description = dict[str, Any]
"""What Django said of a release (inside/describe.py)."""


def build(application: Application, by: str, leads: bool, steps: Steps) -> dict[str, Any]:
    """Build the release that the application asks for; nothing when it is recorded already.

    :param by: who deploys, for the record.
    :param leads: whether this host runs the commands that run on one host only.
    :raises FailedError: what failed; nothing of the build is left, and `steps.notes` say what became of the database.
    """
    done = Progress()
    with migrations.explained(steps, done):
        with steps.step("find"):
            revision, name = find(application)
        if record := records.read(application, name):
            served = name in records.results(application)
            caught_up = served and migrations.catch_up(application, name, leads, steps, done)
            text = f"{application.name}: {name} of {record['version']} is built already."
            return result(application, record, done, text) | {"changed": caught_up, "text": [text]}
        with whole(application, name, steps):
            project, described = make(application, name, revision, steps)
            record = facts(application, name, revision, project, described, by)
            own, said = own_server(application, name, project, steps)
            server.write(application, name, server.contents(application, name, record["server"], own, said))
            run(application, name, described, leads, steps, done)
            steps.notes += missing.front_end(application.release(name), described.get("front_end", {}))
            steps.notes += left_out(project)
            with steps.step("record"):
                steps.notes += settle(application, name, record)
        source.forget(application)
        requirements.forget(application)
    text = f"{application.name}: built {name} of {record['version']} {report.timed(steps)}"
    return result(application, record, done, text)


def find(application: Application) -> tuple[str, str]:
    """Return the revision that the application asks for, and the name of the release that it makes.

    An abbreviated commit that the host has not met is fetched for that.
    """
    revision = source.resolve(application) or source.fetch(application, "")
    return revision, identity.compute(application, revision)


@contextmanager
def whole(application: Application, name: str, steps: Steps, keep: bool = True) -> Iterator[None]:
    """Build a release inside, or nothing: what a killed build left goes first, and all of this one goes when it fails.

    Without `keep` it goes in any case.
    """
    for path in application.dumps.glob("*.part"):
        host.remove(path)
    commands.stop(application)
    for path in application.releases.iterdir():
        if not (path / "release.json").is_file() and path.name != records.serving(application):
            host.remove(path)
    try:
        with files.places(configure.installed(application)):
            yield
    except BaseException:
        keep, steps.closing = False, True
        raise
    finally:
        if not keep:
            # First the command ends that may still run in it.
            try:
                commands.stop(application)
            finally:
                host.remove(application.release(name))


def asked(application: Application, packed: image.Image | None = None) -> Asked:
    """Return what the inventory says of the project, and its image where it comes as one."""
    env = packed.env if packed else {}
    return Asked(
        name=application.name,
        working_directory=application.working_directory,
        settings=application.settings,
        manage=application.manage,
        application=application.application,
        interface=application.server.interface,
        requirements=application.requirements,
        requirements_files=application.requirements_files,
        env={**env, **application.env},
        installed=packed is not None,
        provided=tuple(
            file.path.removeprefix("source/") for file in application.files if file.path.startswith("source/")
        ),
        wheel=bool(source.wheel(application)),
        builds=bool(application.build),
        queue=bool(application.broker_url) or not QUEUES.isdisjoint(application.env),
        given=environment.names(application).union(env),
    )


def read(application: Application, name: str, revision: str, steps: Steps) -> Project:
    """Make the folder of a release with its source, and return what that says of itself."""
    release, (uid, gid) = application.release(name), host.user(application.name)
    packed, parts = None, ("static",) if source.is_image(application) else ("source", "static")
    with steps.step("fetch"):
        source.fetch(application, revision)
        if source.is_image(application):
            image_source.fetch(application, revision)
    with steps.step("unpack"):
        for folder in (release, *(release / part for part in parts)):
            folder.mkdir(mode=0o750)
            os.chown(folder, uid, gid)
        if source.is_image(application):
            packed = image_source.unpack(application, release, revision)
        else:
            source.unpack(application, release / "source")
    with steps.step("read"):
        project = read_project(release / "source", asked(application, packed))
    steps.hints += proposal(project)
    return project


def make(application: Application, name: str, revision: str, steps: Steps) -> tuple[Project, Description]:
    """Make the folder of a release as far as Django can be asked; return what its source and what Django say of it."""
    release, project = application.release(name), read(application, name, revision, steps)
    packed = source.is_image(application)
    if not packed:
        with steps.step("venv"):
            python = requirements.create(application, release, project)
        with steps.step("requirements"), compiled.explained(application, name):
            requirements.install(application, release, project)
    with steps.step("configure"):
        configure.configure(application, name, project)
    build_steps.build(application, name, steps)
    # Last: a step may write where its files would be shared by then.
    with steps.step("bytecode"):
        if packed:
            image_source.share(application, name)
            image_source.compile_all(application, name)
        else:
            bytecode.prepare(application, name)
    with steps.step("describe"):
        described = commands.describe(application, name)
    if packed:
        python = Choice("python", described["python"], "of the image")
    chosen = [one for one in project.choices if one.what != "callable"]
    dotted, reason = served(application, project, described)
    return replace(project, choices=(*chosen[:2], Choice("callable", dotted, reason), python, *chosen[2:])), described


def served(application: Application, project: Project, described: Description) -> tuple[str, str]:
    """Return the callable that the server calls, and who names it.

    :raises FailedError: nobody does.
    """
    interface = application.server.interface
    setting = f"{interface.upper()}_APPLICATION"
    if application.application:
        return application.application, "from the inventory"
    if found := described["asgi" if interface == "asgi" else "application"]:
        return found, f"from {setting} of the settings"
    if project.application:
        return project.application, f"from the source, since the settings name no {setting}"
    if not project.servers:
        if found := described.get("beside", {}).get(interface):
            return found, f"beside the settings, which name no {setting}"
        return OWN[interface], f"Django's own, since neither settings nor source name one: {setting}"
    raise FailedError(f"The settings name no {setting}: set `application`, such as shop.{interface}:application.")


def own_server(application: Application, name: str, project: Project, steps: Steps) -> tuple[str, dict[str, Any]]:
    """Return the path of the project's own configuration of Gunicorn and what it says; ("", {}) when it has none."""
    release, settings = application.release(name), application.server.settings
    if application.server.kind != "gunicorn":
        return "", {}
    own = gunicorn.find(release, project.working_directory, settings)
    if not own:
        if others := gunicorn.overlooked(release):
            key = f"`gunicorn_settings: {{config: {others[0]}}}` has it used"
            steps.notes.append(
                f"{', '.join(others[:3])} may be a configuration of Gunicorn, and nobody reads it: {key}."
            )
        return "", {}
    said: dict[str, Any] = commands.ask(application, name, "gunicorn_conf.py", f"{release}/source/{own}")
    overruled = gunicorn.overrule(said, server.facts(application), application.writable)
    steps.notes.append(gunicorn.sentence(own, overruled))
    return own, said


def run(application: Application, name: str, described: Description, leads: bool, steps: Steps, done: Progress) -> None:
    """Dump databases that are about to be migrated, run the commands of a new release, compress its static files."""
    steps.notes += described["notes"]
    migrations.dump(application, name, described, leads, steps, done)
    for command in application.commands:
        words = commands.lines(application, command, described, leads)
        if words:
            with steps.step(commands.title(command)):
                done.migrating |= bool(done.pending) and "migrate" in " ".join(words)
                steps.notes += commands.prepare(application, name, command, words)
    if described["staticfiles"]:
        with steps.step("compress"):
            commands.compress(application, name)


def facts(
    application: Application, name: str, revision: str, project: Project, described: Description, by: str
) -> Record:
    """Return what `release.json` holds: all that serving the release needs, so that a rollback serves it as before."""
    return {
        "id": name,
        "version": source.version(application, application.release(name)),
        "revision": revision,
        "settings": project.settings,
        "paths": list(project.first),
        "choices": [str(one) for one in project.choices],
        "application": served(application, project, described)[0],
        "built": records.now(),
        "by": by,
        "django": described,
        "server": server.facts(application),
        "domain": application.domains[0],
        "probe": asdict(application.probe),
        "sandbox": list(application.allow),
        "cdn_url": application.cdn_url,
        "files": configure.installed(application),
    } | ({"image": packed.digest} if (packed := image.read(application.release(name))) else {})


def settle(application: Application, name: str, record: Record) -> list[str]:
    """Record a release, after all that it consists of is on the disk: a power failure must not leave half of it.

    Returns sentences of what was left out.
    """
    release = application.release(name)
    record["collected"] = any(path.is_file() for path in (release / "static").rglob("*"))
    host.flush(release)
    said = records.write(application, name, record)
    host.sync(release)
    return said


def proposal(project: Project) -> list[str]:
    """Return lines with the keys that would build and run what the project evidently has; none for nothing."""
    head = "It seems to need {}. These keys of the application do it:"
    needs = {
        "variables of its environment that nobody gives": project.variables,
        "a build, which nothing runs unasked": project.proposed,
        "more than a web server for WSGI, which nothing runs unasked": project.beside,
    }
    return [line for what, keys in needs.items() if keys for line in (head.format(what), *keys)]


def left_out(project: Project) -> list[str]:
    """Return a sentence for what the project shows and the inventory does not run: the site looks well without it."""
    keys = [f"`{line.strip().partition(':')[0]}`" for line in project.beside if not line.startswith("   ")]
    said = f"The project shows what {' and '.join(keys)} would run, and the inventory leaves that out"
    return [f"{said}: a preview (`-e preview=true`) prints the keys."] if keys else []


def result(application: Application, record: Record, done: Progress, text: str) -> dict[str, Any]:
    """Return what a build says at its end."""
    replaced = record["django"]["replaced"]
    return {
        "changed": True,
        "id": record["id"],
        "version": record["version"],
        "revision": record["revision"],
        "pending": done.pending,
        "replaced": replaced,
        "dump": ", ".join(done.dumps),
        "msg": text,
        "text": [text, *summary.news(application, record, done.pending)],
    } | plan.described(application, record)
