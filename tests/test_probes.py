"""What roles ask a host by one shell command each, here of a host that only says what systemd would."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest
import yaml

ROLES = Path(__file__).resolve().parents[1] / "roles"
# In place of `systemctl show`: the properties of units are in a file beside it, in no order that the caller asked for.
SYSTEMCTL = """#!{python} -ISE
import json, pathlib, sys
units = json.loads(pathlib.Path(__file__).with_name("units.json").read_text())
options = [word for word in sys.argv if word.startswith("-")]
(asked,) = [word.partition("=")[2].split(",") for word in options if word.startswith("--property=")]
known = [units.get(word, units.get(word + ".service", {{}})) for word in sys.argv[2:] if word not in options]
lines = [[f"{{key}}={{value}}" for key, value in sorted(unit.items()) if key in asked] for unit in known]
if "--value" in options:
    lines = [[line.partition("=")[2] for line in unit] for unit in lines]
print("\\n\\n".join("\\n".join(unit) for unit in lines))
"""
BEFORE, AFTER = "Thu 2020-01-02 00:00:00.000000 UTC", "Thu 2099-01-01 00:00:00.000000 UTC"  # the files were written
SERVICE = {"ActiveState": "inactive", "UnitFileState": "static", "NeedDaemonReload": "no"}
RUNS = {"ActiveState": "active", "UnitFileState": "enabled", "NeedDaemonReload": "no", "ReloadResult": "success"}
TIMES = ("StateChangeTimestamp", "ActiveEnterTimestamp", "InactiveExitTimestamp")


class Ansible(jinja2.Environment):
    """Templates with the filters of Ansible that the commands name."""

    def __init__(self):
        super().__init__(undefined=jinja2.ChainableUndefined)
        self.filters["quote"] = lambda value: shlex.quote(str(value))


def tasks(path):
    """Return all tasks of a file of a role, those of blocks among them."""
    for task in yaml.safe_load((ROLES / path).read_text()):
        yield from task.get("block", [task])


@pytest.fixture
def shell(tmp_path):
    """Return a function that runs commands on a host with some units, {name: properties}, and returns the lines."""
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text(SYSTEMCTL.format(python=sys.executable))
    program.chmod(0o755)

    def run(text, units):
        program.with_name("units.json").write_text(json.dumps(units))
        path = f"{program.parent}:{os.environ['PATH']}"
        done = subprocess.run(["/bin/sh", "-c", text], env={"PATH": path}, capture_output=True, text=True, check=False)
        return done.stdout.splitlines()

    return run


@pytest.fixture
def ask(shell, tmp_path):
    """Return a function that asks the question of a file of tasks; what else is given are variables of the role.

    `/etc` and the folder of units are the test's own.
    """
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").touch()

    def run(path, units, **variables):
        (question,) = [task["ansible.builtin.raw"] for task in tasks(path) if "Inspect" in task["name"]]
        text = Ansible().from_string(question).render(variables)
        text = text.replace("/etc/systemd/system", str(tmp_path))
        return shell(re.sub(r"(?<=[ \n])/etc/", f"{tmp_path}/etc/", text), units)

    return run


def variables(role):
    """Return the variables of a role, as they stand in its file."""
    return yaml.safe_load((ROLES / role / "vars/main.yml").read_text())


NGINX = {
    "__nginx_read_at": variables("nginx")["__nginx_read_at"],
    "__nginx_dropin": "/none",
    "__nginx_site": {},
    "__nginx_users": {},
    "__nginx_site_files": ["/etc/nginx/conf.d"],
}
READERS = [
    ("nginx/tasks/main.yml", "nginx.service", NGINX),
    ("nginx/tasks/site.yml", "nginx.service", NGINX),
    ("ssh/tasks/main.yml", "ssh.service", {"__ssh_names": []}),
    ("firewall/tasks/main.yml", "groundcrew-firewall.service", {"__firewall_file": "/etc/rules"}),
]


def unread(role, lines):
    """Say whether the role lets the server of a host that says these lines read its files again."""
    return not ({"current", "ReloadResult=success"} if role == "firewall" else {"current"}) <= set(lines)


@pytest.mark.parametrize(("path", "unit", "given"), READERS, ids=[path for path, *_ in READERS])
def test_a_server_whose_last_reload_failed_has_not_read_its_files(ask, tmp_path, path, unit, given):
    """Also a reload that fails is a change of state, younger than all files."""
    role = path.partition("/")[0]
    for folder in ("nginx/conf.d", "ssh/sshd_config.d", "rules"):
        (tmp_path / "etc" / folder).mkdir(parents=True)
    assert ("ReloadResult=success" in variables(role).get(f"__{role}_expected", ())) == (role == "firewall")
    reloaded = RUNS | dict.fromkeys(TIMES, AFTER)
    assert not unread(role, ask(path, {unit: reloaded}, **given))
    assert unread(role, ask(path, {unit: reloaded | {"ReloadResult": "exit-code"}}, **given))
    assert unread(role, ask(path, {unit: RUNS | dict.fromkeys(TIMES, BEFORE)}, **given))


@pytest.mark.parametrize("role", ["redis", "pgbouncer"])
def test_a_reload_is_no_restart(ask, tmp_path, role):
    """These roles restart: a unit that is reloaded by hand takes neither another sandbox nor all settings."""
    (tmp_path / "conf").touch()
    given = {f"__{role}_{name}": str(tmp_path / "conf") for name in ("ini", "users", "conf", "dropin")}
    given |= {f"__{role}_unit": "one.service", "__redis_certificate_folder": "/none", "__pgbouncer_name": "one"}
    path = f"{role}/tasks/instance.yml"
    assert "current" in ask(path, {"one.service": RUNS | dict.fromkeys(TIMES, AFTER)}, **given)
    reloaded = RUNS | dict.fromkeys(TIMES, BEFORE) | {"StateChangeTimestamp": AFTER}
    assert "current" not in ask(path, {"one.service": reloaded}, **given)


# What a failed start leaves: a state that changed, and no younger time at which it began to run.
@pytest.mark.parametrize(("since", "answer"), [(AFTER, "in force"), (BEFORE, "systemd-sysctl"), ("", "systemd-sysctl")])
def test_settings_that_failed_are_not_in_force(shell, tmp_path, since, answer):
    stale = re.search(r"stale\(\) \{\n.*?\n\}\n", variables("base")["__base_ask_force"], re.DOTALL)[0]
    (tmp_path / "sysctl.d").mkdir()
    units = {"systemd-sysctl.service": {"StateChangeTimestamp": AFTER, "ActiveEnterTimestamp": since}}
    said = shell(f"{stale}\nunits=$(stale systemd-sysctl {tmp_path}/sysctl.d)\necho ${{units:-in force}}", units)
    assert said == [answer]


# The file of tasks, and the timers with what they start.
CLOCKS = [
    ("backup/tasks/find.yml", ["groundcrew-backup", "groundcrew-drill"]),
    ("certificate/tasks/authorized.yml", ["groundcrew-acme"]),
    ("exporter/tasks/main.yml", ["groundcrew-facts"]),
]


@pytest.mark.parametrize(("path", "names"), CLOCKS, ids=[path for path, _ in CLOCKS])
def test_a_timer_that_stands_still_or_whose_units_were_not_read_is_noticed(ask, path, names):
    role = path.partition("/")[0]
    counted = r"\b\d (?:ActiveState|UnitFileState|NeedDaemonReload)=\w+"
    expected = set(re.findall(counted, (ROLES / role / "vars/main.yml").read_text()))
    assert len(expected) == 3
    well = {f"{name}.timer": RUNS for name in names} | {f"{name}.service": SERVICE for name in names}
    given = {"__certificate_folder": "/none", "__backup_targets": ["/none"], "__certificate_acme_targets": ["/none"]}
    assert expected <= set(ask(path, well, **given))
    # The command may run, or have failed, at that moment.
    for state in ("activating", "failed"):
        assert expected <= set(ask(path, well | {f"{names[0]}.service": SERVICE | {"ActiveState": state}}, **given))
    for name in names:
        for trouble in ({"ActiveState": "inactive"}, {"UnitFileState": "disabled"}, {"NeedDaemonReload": "yes"}):
            assert not expected <= set(ask(path, well | {f"{name}.timer": RUNS | trouble}, **given)), (name, trouble)
        unread = {f"{name}.service": SERVICE | {"NeedDaemonReload": "yes"}}
        assert not expected <= set(ask(path, well | unread, **given)), name


def test_what_writes_the_errors_of_nginx_is_watched(ask):
    expected = {line for line in variables("nginx")["__nginx_expected_server"] if line[0].isdigit()}
    assert len(expected) == 3
    socket = "groundcrew-nginx-errors.socket"
    well = {"nginx.service": RUNS, socket: RUNS, "groundcrew-nginx-errors.service": SERVICE}
    for state in ("active", "inactive"):
        well["groundcrew-nginx-errors.service"] = SERVICE | {"ActiveState": state}
        assert expected <= set(ask("nginx/tasks/main.yml", well, **NGINX))
    for name, trouble in (
        (socket, {"ActiveState": "inactive"}),
        (socket, {"UnitFileState": "disabled"}),
        ("nginx.service", {"ActiveState": "failed"}),
        ("nginx.service", {"UnitFileState": "disabled"}),
        *((name, {"NeedDaemonReload": "yes"}) for name in well),
    ):
        assert not expected <= set(ask("nginx/tasks/main.yml", well | {name: well[name] | trouble}, **NGINX)), name


WORKER, TIMER, JOB = "shop-worker-celery.service", "shop-timer-nightly.timer", "shop-timer-nightly.service"


@pytest.fixture
def runs(ask, tmp_path):
    """Return a function that says which units of an application run what is on disk."""
    (tmp_path / "current").symlink_to("releases/abc")
    for name in (WORKER, TIMER, JOB):
        (tmp_path / name).touch()
    given = {"worker_app": {"name": "shop"}, "__worker_app": {"home": str(tmp_path)}, "__worker_units": [WORKER]}
    given |= {"__worker_clocks": [TIMER], "__worker_jobs": [JOB]}

    def run(**troubles):
        since = dict.fromkeys(TIMES, AFTER)
        units = {WORKER: RUNS | since, TIMER: RUNS | since, JOB: SERVICE | dict.fromkeys(TIMES, "")}
        for name, key in (("worker", WORKER), ("timer", TIMER), ("job", JOB)):
            units[key] = units[key] | troubles.get(name, {})
        return [line for line in ask("worker/tasks/ask.yml", units, **given) if line.startswith("runs ")]

    return run


def test_processes_and_timers_run_what_is_on_disk(runs):
    assert runs() == [f"runs {WORKER}", f"runs {TIMER}"]
    # A command that runs, or did: what it says of itself is not said of its timer.
    assert runs(job={"ActiveState": "failed", "ActiveEnterTimestamp": BEFORE}) == [f"runs {WORKER}", f"runs {TIMER}"]


@pytest.mark.parametrize("trouble", [{"ActiveState": "failed"}, dict.fromkeys(TIMES, BEFORE), dict.fromkeys(TIMES, "")])
def test_a_unit_that_is_down_or_older_than_its_files_does_not_run_them(runs, trouble):
    assert runs(worker=trouble) == [f"runs {TIMER}"]
    assert runs(timer=trouble) == [f"runs {WORKER}"]


def test_a_process_that_systemd_restarted_from_memory_does_not_run_what_is_on_disk(runs):
    """A run was killed after it had written the unit; then the process ended."""
    unread = {"NeedDaemonReload": "yes"}
    assert runs(worker=unread) == [f"runs {TIMER}"]
    assert runs(timer=unread) == runs(job=unread) == [f"runs {WORKER}"]


def test_a_secret_that_is_empty_is_none(ask, shell, tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/EMPTY").touch()
    (tmp_path / "secrets/FULL").write_text("FULL=secret\n")
    given = {"django_app": {"name": "shop"}, "__django_app_config": str(tmp_path), "__django_app_home": "/none"}
    answer = ask("django_app/tasks/main.yml", {}, **given)
    assert [line for line in answer if line.startswith("secret ")] == ["secret FULL"]
    # The task that makes secrets up leaves alone what is there.
    (task,) = [
        one for one in tasks("django_app/tasks/layout.yml") if one["name"] == "Create the folders of the application"
    ]
    tmpfiles = tmp_path / "bin/systemd-tmpfiles"
    tmpfiles.write_text("#!/bin/sh\n")
    tmpfiles.chmod(0o755)
    shell(Ansible().from_string(task["ansible.builtin.shell"]["cmd"]).render(given), {})
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["FULL"]


@pytest.mark.skipif(not shutil.which("dpkg"), reason="this machine is no Debian")
def test_dpkg_that_was_cut_short_is_noticed_and_finished(tmp_path):
    """As dpkg itself does it, in a folder in place of its own."""
    for folder in ("updates", "info", "triggers"):
        (tmp_path / folder).mkdir()
    for file in ("status", "available", "info/half.list"):
        (tmp_path / file).touch()
    (question,) = [
        task["ansible.builtin.raw"] for task in tasks("base/tasks/main.yml") if "ansible.builtin.raw" in task
    ]
    (line,) = [line for line in question.splitlines() if "dpkg whole" in line]
    (task,) = [
        task
        for task in tasks("base/tasks/host.yml")
        if "dpkg" in task.get("ansible.builtin.command", {}).get("argv", [])
    ]
    first = next(tasks("base/tasks/host.yml"))
    assert first == task, "before apt, which refuses to install anything"
    program, *words = task["ansible.builtin.command"]["argv"]

    def whole():
        command = line.replace("/var/lib/dpkg", str(tmp_path))
        return "dpkg whole" in subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True).stdout

    assert whole()
    stanza = {"Package": "half", "Status": "install ok unpacked", "Maintainer": "a <a@b>", "Architecture": "all"}
    stanza |= {"Version": "1", "Description": "none"}
    (tmp_path / "updates/0000").write_text("".join(f"{key}: {value}\n" for key, value in stanza.items()))
    assert not whole()
    command = [program, f"--admindir={tmp_path}", "--force-not-root", *words]
    subprocess.run(command, check=True, capture_output=True)
    assert whole()
    assert "Status: install ok installed" in (tmp_path / "status").read_text()
