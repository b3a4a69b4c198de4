"""A database server that does not start gets the last settings that it ran well with, whatever cut a run short.

Ansible runs the tasks of the roles; systemd, and what its server does, is a script.
"""

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
ROLES = ("postgresql", "mariadb")
# The server starts with each file but a bad one, and while nothing else is broken.
SYSTEMCTL = """#!/bin/sh
cd ROOT
for word in "$@"; do case $word in show|start|stop|restart|reload) verb=$word ;; esac; done
case $verb in
  show) [ -e running ] && state=active; printf 'LoadState=loaded\\nActiveState=%s\\n' "${state:-failed}" ;;
  stop) rm -f running ;;
  start|restart) rm -f running; [ ! -e broken ] && ! grep --quiet bad conf && cp conf running ;;
esac
"""
FOUND = """
[ ! -e conf ] || printf '%s\\n' "$PWD/conf" "sum $(cat conf)"
[ -e conf.before ] || echo nothing before
cmp --silent conf running && printf 'current\\nActiveState=active\\nNeedDaemonReload=no\\n'
true
"""
ASK = "cd ROOT; cmp --silent conf running && echo current || echo restart"
# What the step before left, what happens first, and the tasks with the settings `content`.
STEP = """
- ansible.builtin.shell: {cmd: "{{ left ~ (step.first | default('')) ~ found }}", chdir: ROOT}
  register: __ROLE_found
- block:
    - ansible.builtin.include_tasks: SETTINGS
      vars:
        content: "{{ step.content }}"
  rescue:
    - ansible.builtin.copy: {content: "{{ ansible_failed_result.msg }}", dest: ROOT/said}
"""
LEFT = """
for file in conf conf.before running said; do echo "$(cat $file 2> /dev/null)"; done >> seen
echo -- >> seen
rm -f said
"""


@pytest.fixture(params=ROLES)
def run(request, tmp_path):
    """Return a function that runs steps (dict: `first`, `content`) on one host, and tells of each what it left.

    (settings, those before, those that the server runs with, what the run said when it failed)
    """
    role = request.param
    if role == "mariadb" and os.geteuid() != 0:
        pytest.skip("the file belongs to root")
    stubs = {"systemctl": SYSTEMCTL, "journalctl": "#!/bin/sh\necho a sandbox, says systemd\n"}
    stubs |= dict.fromkeys(("install", "runuser"), "#!/bin/sh\n")
    (tmp_path / "bin").mkdir()
    for name, text in stubs.items():
        (tmp_path / "bin" / name).write_text(text.replace("ROOT", str(tmp_path)))
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/groundcrew.cnf.j2").write_text("{{ content }}")
    settings = ROOT / f"roles/{role}/tasks/settings.yml"
    (tmp_path / "step.yml").write_text(
        STEP.replace("ROOT", str(tmp_path)).replace("ROLE", role).replace("SETTINGS", str(settings))
    )
    conf, user = str(tmp_path / "conf"), getpass.getuser()
    own = {"owner": user, "group": user}
    variables = {
        "found": FOUND,
        "left": LEFT,
        "__postgresql_version": "99",
        "__postgresql_unit": "postgresql@99-main.service",
        "__postgresql_conf": conf,
        "__postgresql_before": f"{conf}.before",
        "__postgresql_files": [{"dest": conf, "content": "{{ content }}", **own}],
        "__postgresql_ask": ASK.replace("ROOT", str(tmp_path)),
        "__mariadb_conf": conf,
        "__mariadb_before": f"{conf}.before",
        "__mariadb_settings_sum": "sum {{ content }}",
        "__mariadb_dropin_sum": "current",
    }

    def run(*steps):
        tasks = [{"ansible.builtin.include_tasks": "step.yml", "loop": steps, "loop_control": {"loop_var": "step"}}]
        play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}
        (tmp_path / "play.yml").write_text(yaml.safe_dump([json.loads(json.dumps(play))]))
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", tmp_path / "play.yml"]
        environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1"}
        environment |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
        command += ["--connection", "local"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        subprocess.run(["sh", "-c", LEFT], cwd=tmp_path, check=True)
        left = [one.splitlines() for one in (tmp_path / "seen").read_text().split("--\n")[1:-1]]
        return [(conf, before, runs, " ".join(said)) for conf, before, runs, *said in left]

    return run


BACK = "so it runs with the settings before"


def test_settings_go_back_to_those_that_ran_well(run):
    killed, stale, broken, twice, late = run(
        # A run was killed when it had written settings that no server starts with.
        {"content": "bad", "first": "printf one > running; cp running conf.before; printf bad > conf"},
        # What a run left that took nothing away.
        {"content": "two", "first": "printf old > conf.before"},
        # Something else keeps the server down.
        {"content": "two", "first": "touch broken; rm running"},
        {"content": "two"},
        # A run was killed when the server ran well with what it had written.
        {"content": "bad", "first": "rm broken; cp conf running; printf one > conf.before"},
    )
    for one, content in ((killed, "one"), (late, "two")):
        assert one[:3] == (content, "", content)
        assert BACK in one[3]
        assert "a sandbox, says systemd" in one[3]
    assert stale == ("two", "", "two", "")
    for one in (broken, twice):
        assert one[:3] == ("two", "", "")
        assert "nor with the settings before" in one[3]


@pytest.mark.parametrize("role", ROLES)
def test_settings_that_are_kept_have_a_run_look_after_the_server(role):
    """A run that was killed before it forgot them is made up for: a later one must not put back older ones."""
    text = (ROOT / f"roles/{role}/vars/main.yml").read_text()
    assert "'nothing before'" in text[text.index(f"__{role}_expected:") :]
    assert "|| echo nothing before" in (ROOT / f"roles/{role}/tasks/main.yml").read_text()
