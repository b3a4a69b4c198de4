"""One application without a web server before it: its environment, its commands, its releases."""

import json
import time
from pathlib import Path

import pytest
import yaml


class Loader(yaml.SafeLoader):
    """YAML with the tag that keeps Ansible from templating."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
HOSTILE = yaml.load((Path(__file__).parent / "vars/hostile.yml").read_text(), Loader)["hostile"]
DUMP = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture(scope="module")
def environment(host):
    """The environment that a command of the application sees."""
    return json.loads(host.check_output("shop-run python -c %s", DUMP))


@pytest.mark.parametrize("name", HOSTILE)
def test_value_arrives_byte_for_byte(environment, name):
    assert environment[name] == HOSTILE[name]


def test_no_value_injects_a_variable(environment):
    assert "INJECTED" not in environment


def test_secret_key_is_made_up_once_and_private(host, environment):
    assert len(environment["DJANGO_SECRET_KEY"]) == 64
    secrets = host.file("/etc/django/shop/secrets/DJANGO_SECRET_KEY")
    assert (secrets.user, secrets.mode) == ("root", 0o600)


def test_checks_for_deployment_are_clean(host):
    assert host.run("shop-manage check --deploy --fail-level WARNING").rc == 0


def test_manage_passes_the_exit_code_through(host):
    assert host.run("shop-run sh -c 'exit 7'").rc == 7
    assert host.run("shop-manage shell -c 'raise SystemExit(3)'").rc == 3


def test_manage_reads_standard_input(host):
    assert host.check_output("echo 'print(6 * 7)' | shop-manage shell --no-imports").splitlines()[-1] == "42"


def test_migrations_ran(host):
    assert host.run("shop-manage migrate --check").rc == 0


def test_application_cannot_change_its_own_code_nor_read_the_secrets_file(host):
    assert host.run("shop-run touch /srv/shop/current/source/x").rc != 0
    assert host.run("runuser -u shop -- touch /srv/shop/current/source/x").rc != 0
    assert host.run("runuser -u shop -- cat /srv/shop/current/environment").rc != 0
    assert host.run("shop-run touch /srv/shop/media/x").rc == 0


def test_nobody_else_sees_a_secret(host):
    found = host.run("runuser -u nobody -- grep -rIs canary-7f3a /srv /etc /run /tmp /var/log /usr/local")
    assert found.stdout == ""
    assert "canary-7f3a" not in host.check_output("journalctl --no-pager; systemctl show 'shop*' --all")


def test_build_step_sees_nothing_of_the_application_and_makes_the_release(host):
    folder = "/srv/shop/current/source/seen"
    seen = json.loads(host.file(f"{folder}/seen.json").content_string)
    assert seen["environment"]["OWN"] == "token"
    assert not [name for name in seen["environment"] if "SECRET" in name or name.startswith("DJANGO")]
    assert seen["hidden"] == ["/srv/shop/media", "/etc/django/shop"]
    assert host.check_output(f"stat --format '%U %G %a' {folder}/seen.json") == "root shop 640"
    assert host.file("/srv/shop/cache/kept").user == "shop"


def test_sandbox_is_opened_for_this_release_as_far_as_it_says(host, unit):
    name = host.check_output("basename $(readlink /srv/shop/current)")
    web = unit(f"shop-web@{name}.service")
    assert (web["ProcSubset"], web["MemoryDenyWriteExecute"]) == ("all", "yes")
    assert "MemTotal" in host.check_output("shop-run cat /proc/meminfo")
    # What a build step may do, a command may not.
    denied = host.run("shop-run python -c %s", "import mmap; mmap.mmap(-1, 4096, prot=7)")
    assert "PermissionError" in denied.stdout + denied.stderr


ATTACK = """
import json, pathlib, socket


def attempt(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return "done"


def connect(family, *address):
    stream = socket.socket(family)
    stream.settimeout(2)
    stream.connect(*address)


print(json.dumps({
    "run": attempt(pathlib.Path("/run/a").touch),
    "lock": attempt(pathlib.Path("/run/lock/a").touch),
    "bus": attempt(lambda: connect(socket.AF_UNIX, "/run/dbus/system_bus_socket")),
    "metadata": attempt(lambda: connect(socket.AF_INET, ("169.254.169.254", 8169))),
    "port": attempt(lambda: socket.socket().bind(("0.0.0.0", 8170))),
    "own": attempt(pathlib.Path("/srv/shop/media/a").touch),
}))
"""
CLOUD = "import http.server; http.server.HTTPServer(('169.254.169.254', 8169), None).serve_forever()"


@pytest.fixture
def metadata(host):
    """A cloud's address of credentials, which answers."""
    host.check_output("ip address add 169.254.169.254/32 dev lo")
    host.check_output("systemd-run --unit=metadata python3 -c %s", CLOUD)
    host.check_output("timeout 20 sh -c 'until ss -ltn | grep -q :8169; do sleep 0.2; done'")
    yield
    host.check_output("systemctl stop metadata; ip address del 169.254.169.254/32 dev lo")


@pytest.mark.usefixtures("metadata")
def test_hacked_application_reaches_nothing_of_the_host(host):
    outside = json.loads(host.check_output("python3 -c %s", ATTACK.replace("/srv/shop/media/a", "/tmp/a")))
    host.check_output("rm /run/a /run/lock/a /tmp/a")
    assert set(outside.values()) == {"done"}
    inside = json.loads(host.check_output("shop-run python -c %s", ATTACK))
    # systemd of Debian 12 is built without what forbids ports.
    assert inside.pop("port") == (
        "done" if "-BPF_FRAMEWORK" in host.check_output("systemctl --version") else "PermissionError"
    )
    assert inside.pop("own") == "done"
    assert inside.pop("metadata") == "TimeoutError"
    assert set(inside.values()) <= {"OSError", "PermissionError"}


def test_units_of_the_application_are_bounded_and_little_exposed(host, unit, exposed):
    web = f"shop-web@{serving(host)}.service"
    assert int(unit(web)["TasksMax"]) == 4096
    assert unit(web)["MemoryMax"] != "infinity"
    # 1.2, and what its word `proc` costs.
    assert exposed(web) <= 1.4


def test_static_files_are_collected_under_hashed_names(host):
    manifest = json.loads(host.file("/srv/shop/current/static/staticfiles.json").content_string)
    assert host.file(f"/srv/shop/current/static/{manifest['paths']['entries/style.css']}").exists


CONVERGE = "molecule/django_app/converge.yml"


def serving(host):
    """Return the release that serves."""
    return host.check_output("basename $(readlink /srv/shop/current)")


def ask(host, query="0"):
    """Return (body, release named in the header) over the socket that Nginx would use."""
    url = f"http://shop.example.org/?{query}"
    command = "curl --silent --include --header 'X-Forwarded-Proto: https' --unix-socket /srv/shop/current/web.sock %s"
    headers, body = host.check_output(command, url).replace("\r", "").split("\n\n", 1)
    return body, dict(line.split(": ", 1) for line in headers.splitlines()[1:])["X-Release"]


def test_release_answers_over_its_socket_and_reads_its_own_files(host):
    assert ask(host) == ("one one", serving(host))


def test_socket_is_closed_to_other_users(host):
    url = f"--unix-socket /run/shop-{serving(host)}/web.sock http://shop.example.org/"
    assert host.run(f"runuser -u nobody -- curl --silent {url}").rc == 7


def test_server_comes_back_after_a_kill(host, unit):
    name = f"shop-web@{serving(host)}.service"
    before = unit(name)["MainPID"]
    host.check_output("kill -9 %s", before)
    again = (
        f"systemctl show --property=MainPID {name} | grep --invert-match --line-regexp 'MainPID={before}\\|MainPID=0'"
    )
    answers = "curl --silent --fail --unix-socket /srv/shop/current/web.sock 'http://shop.example.org/?0'"
    host.check_output("timeout 60 sh -c %s", f"until {again} && {answers}; do sleep 0.5; done")
    assert ask(host)[0] == "one one"
    assert unit(name)["MainPID"] not in (before, "0")


def test_release_that_does_not_import_never_takes_traffic(host, unit, play):
    before = serving(host)
    process = unit(f"shop-web@{before}.service")["MainPID"]
    result = play(CONVERGE, generation="broken")
    assert result.returncode != 0
    assert "nothing_of_that_name" in result.stdout
    assert "a module that it imports is not installed" in result.stdout
    # Neither its code nor its files serve.
    assert ask(host) == ("one one", before)
    assert unit(f"shop-web@{before}.service")["MainPID"] == process
    assert host.check_output("systemctl list-units --no-legend --state=active 'shop-web@*' | wc -l") == "1"


def test_switch_lets_the_old_release_finish_and_an_operator_goes_back(host, unit, play):
    before = serving(host)
    assert play(CONVERGE, generation="two").returncode == 0
    left = serving(host)
    assert ask(host) == ("two two", left)
    host.check_output(
        "systemd-run --unit=slow --property=StandardOutput=file:/tmp/slow "
        "curl --silent --header 'X-Forwarded-Proto: https' --unix-socket /srv/shop/current/web.sock "
        "'http://shop.example.org/?25'"
    )
    time.sleep(1)
    host.check_output("shop-release rollback")
    assert ask(host) == ("one one", before)
    # The slow one ended in the release that it began in; a file at an absolute path is the host's, the other by then.
    assert host.file("/tmp/slow").content_string == "two one"
    assert unit(f"shop-web@{left}.service")["ActiveState"] == "inactive"
    assert host.run(f"systemctl is-enabled shop-web@{left}.service").rc == 1
    assert host.run(f"systemctl is-enabled shop-web@{before}.service").rc == 0
