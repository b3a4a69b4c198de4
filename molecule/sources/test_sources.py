"""Where a project can come from, and what its requirements can look like."""

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
    assert page(host) == "one x tracked"
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
    assert page(host) == "two x tracked"
    assert host.check_output("ls /etc/whole") == "deep\ntwo"
    host.check_output("whole-release rollback")
    assert page(host) == "one x tracked"
    assert host.check_output("ls /etc/whole") == "deep\none"


def test_release_of_a_product_has_its_version(host):
    assert " 1.0 " in host.check_output("private-release list")
    assert " 1.0 " in host.check_output("wheel-release list")


def test_absolute_files_go_with_their_application_and_others_stay(host, play):
    host.check_output("touch /etc/whole/of-the-host")
    result = play(CONVERGE.with_name("absent.yml"))
    assert result.returncode == 0, result.stdout
    assert host.check_output("find /etc/whole -type f") == "/etc/whole/of-the-host"
