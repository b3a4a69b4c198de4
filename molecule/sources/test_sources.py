"""Where a project can come from, and what its requirements can look like."""

import subprocess
from pathlib import Path

import pytest

CONVERGE = Path(__file__).with_name("converge.yml")


@pytest.mark.parametrize(
    ("name", "django"),
    [
        ("locked", "5.2.1"),
        ("declared", "5.2."),
        ("hashed", "5.2.2"),
        ("archive", "5.2.2"),
        ("wheel", "5.2."),
        ("git", "5.2.2"),
        ("private", "5.2.3"),
    ],
)
def test_release_has_its_code_and_its_requirements(host, name, django):
    version = host.check_output(f"{name}-manage version")
    assert version == django or (django.endswith(".") and version.startswith(django) and int(version.split(".")[2]) > 2)
    code = host.check_output(f"{name}-run python -c 'import tiny.settings as s; print(s.__file__)'")
    assert "site-packages" in code if name in ("wheel", "private") else "/source/" in code
    assert host.run(f"{name}-manage check").rc == 0


def deploy_by_ssh(host, *words, options=()):
    """Ask for something with the key of the application `git`; return how it ended."""
    command = ["ssh", "-F", CONVERGE.parents[1] / "shared/ssh_config", "-o", "ControlPath=none", *options]
    command += ["-l", "groundcrew-deploy", host.backend.hostname, *words]
    # Without a standard input of ours, which ssh would leave in a way that Ansible refuses.
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_a_key_deploys_its_application(host):
    served = deploy_by_ssh(host, "deploy", "v2")
    assert served.returncode == 0, served.stderr
    assert " (v2) instead of " in served.stdout
    assert host.check_output("git-run python -c 'import tiny.settings as s; print(s.GENERATION)'") == "2"
    row = deploy_by_ssh(host, "list").stdout.splitlines()[1].split()
    assert row[1:3] == ["current", "v2"]
    failed = deploy_by_ssh(host, "deploy", "master")
    assert failed.returncode == 1
    assert "not this one" in failed.stderr
    assert deploy_by_ssh(host, "rollback").returncode == 0
    assert host.run("git-run python -c 'import tiny.settings as s; print(s.GENERATION)'").rc == 1


@pytest.mark.parametrize(
    "words", [[], ["id"], ["deploy v2; id"], ["deploy", "--application=/etc/shadow"], ["run", "id"], ["list", "a", "b"]]
)
def test_a_key_does_nothing_else(host, words):
    refused = deploy_by_ssh(host, *words)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "git: this key may ask for deploy [VERSION]" in refused.stderr


def test_a_key_opens_no_tunnel(host):
    refused = deploy_by_ssh(host, options=["-W", "127.0.0.1:443"])
    assert "forwarding failed" in refused.stderr


def test_a_key_that_the_inventory_names_no_more_is_let_in_no_more(host, play):
    result = play(CONVERGE, only="nothing", deployers={})
    assert result.returncode == 0, result.stdout
    refused = deploy_by_ssh(host, "list")
    assert refused.returncode == 255
    assert "Permission denied" in refused.stderr
    assert host.run("ls /etc/sudoers.d/90-groundcrew-deploy /usr/local/bin/groundcrew-deploy").stdout == ""


def test_files_of_git_lfs_are_fetched(host):
    assert host.check_output("cat /srv/git/current/source/logo.png") == "picture"
    # Of the repository there is one commit.
    assert host.check_output("git -C /srv/git/repository rev-list --all | wc -l") == "1"


def page(host):
    return host.check_output(
        "curl --silent --fail --header 'X-Forwarded-Proto: https' --header 'Host: whole.example.org' "
        "--unix-socket /srv/whole/current/web.sock http://whole.example.org/"
    )


def test_folder_is_shipped_whole(host):
    static = host.check_output("cd /srv/whole/current/static && LC_ALL=C ls -b -R .").splitlines()
    assert {"app.css", "theme.css", "b.css", "link.css", "caf\\351.css", "own.css"} <= set(static)
    assert page(host) == "one x tracked False"
    assert "groundcrew_settings.HashedStaticFilesStorage" in host.check_output("whole-manage diffsettings")
    assert host.check_output("whole-run cat /etc/django/whole/paths.ini") == "static = /etc/django/whole/release/static"
    assert host.run("whole-run ls /etc/django/whole/release/source/manage.py").rc == 0


def test_env_of_a_command_is_gone_with_it(host):
    found = host.run("grep --recursive --files-with-matches canary-of-a-command /srv /etc /run /var/log /tmp").stdout
    # What the engine is told, for root alone.
    assert found.split() == ["/etc/django/whole/application.json"]
    assert host.file("/etc/django/whole/application.json").mode == 0o600


def test_absolute_files_belong_to_the_release(host, play):
    """A new release reads its own before it serves, and those that the inventory names no more are removed."""
    result = play(CONVERGE, generation="two", only="whole")
    assert result.returncode == 0, result.stdout
    assert "STATICFILES_DIRS names unbuilt, which the release does not have." in result.stdout
    assert page(host) == "two x tracked False"
    assert host.check_output("ls /etc/whole") == "deep\ntwo"
    host.check_output("whole-release rollback")
    assert page(host) == "one x tracked False"
    assert host.check_output("ls /etc/whole") == "deep\none"


def test_release_of_a_product_has_its_version(host):
    assert " 1.0 " in host.check_output("private-release list")
    assert " 1.0 " in host.check_output("wheel-release list")


def test_absolute_files_go_with_their_application_and_others_stay(host, play):
    host.check_output("touch /etc/whole/of-the-host")
    result = play(CONVERGE.with_name("absent.yml"))
    assert result.returncode == 0, result.stdout
    assert host.check_output("find /etc/whole -type f") == "/etc/whole/of-the-host"
