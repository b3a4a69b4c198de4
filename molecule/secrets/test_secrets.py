"""A secret stands where it belongs and nowhere else, whatever a run does and however much it tells.

Each secret of the inventory is a text that begins with `mark-of` (a hash: `mark.of`). What the host makes up itself is
looked for, too. The tests of a host build on each other, in this order.
"""

import base64
import re
import subprocess
import threading
import time
from pathlib import Path

import pytest

SITE, DEPLOY = "playbooks/site.yml", "playbooks/deploy.yml"
MARK = "mark[-.]of"
# Where root finds none either.
TRACES = "/tmp /var/tmp /dev/shm /var/log /root/.ansible /run/log"
# Where nobody else may read one.
FILES = "/boot /etc /home /mnt /opt /root /run /srv /tmp /usr /var"

SEARCH = "grep --recursive --text --files-with-matches --extended-regexp --devices=skip --exclude-dir=.cache"
PATTERN = "/tmp/pattern"
SEARCH += f" --file={PATTERN}"


def encoded(text):
    """Return a text as nobody finds it."""
    return base64.b64encode(text.encode()).decode()


class Processes(threading.Thread):
    """Note the command lines of this machine, on which the test hosts run as well."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self.done = set(), threading.Event()

    def run(self):
        while not self.done.wait(0.1):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:  # it has ended
                    continue


@pytest.fixture(scope="module")
def made_up(host):
    """Return a function that returns what the host made up itself, as a pattern; nothing at first."""

    def pattern():
        lines = host.run("cat /etc/django/*/secrets/* 2> /dev/null | cut -d= -f2-").stdout.split()
        return "|".join([MARK, *(re.escape(line) for line in lines if len(line) > 20)])

    return pattern


@pytest.fixture
def telling(play, monkeypatch, made_up):
    """Return a function that runs a playbook as talkative as can be, looks for secrets, and returns what it said."""
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "3")
    monkeypatch.setenv("ANSIBLE_DIFF_ALWAYS", "true")

    def run(playbook, **variables):
        processes = Processes()
        processes.start()
        said = play(playbook, **variables).stdout
        processes.done.set()
        processes.join()
        # The own test has the marks in its variables, as who types them has.
        lines = [line for line in processes.seen if "ansible-playbook" not in line or "--extra-vars" not in line]
        assert any("/usr/lib/postgresql/" in line for line in lines), "the host's processes were not seen"
        pattern = re.compile(made_up())
        assert [line for line in [*said.splitlines(), *lines] if pattern.search(line)] == []
        return said

    return run


@pytest.fixture
def quiet(host, made_up):
    """Look for secrets everywhere, after each test."""
    yield
    pattern = made_up()
    told = host.run("journalctl --no-pager --output=export; systemctl show --all '*'; ps -ef").stdout_bytes
    assert len(told) > 100_000
    assert [line for line in told.splitlines() if re.search(pattern.encode(), line)] == []
    # By a file: the journal keeps the command line of each program that tells it something.
    host.check_output("echo %s | base64 --decode > %s && chmod 0644 %s", encoded(pattern), PATTERN, PATTERN)
    for user, places, own in (("root", TRACES, "none"), ("nobody", FILES, "none"), ("www-data", FILES, "/etc/nginx/")):
        paths = host.run(f"runuser -u {user} -- {SEARCH} {places}").stdout.split()
        # The pattern itself is found, so that the search is known to work.
        assert [path for path in paths if not path.startswith(own)] == [PATTERN], user
    host.check_output("rm %s", PATTERN)
    left = ["grep", "--recursive", "--files-with-matches", "--extended-regexp", pattern, Path.home() / ".ansible"]
    assert subprocess.run(left, capture_output=True, text=True, check=False).returncode == 1


pytestmark = pytest.mark.usefixtures("quiet")


def test_first_run(host, telling, http):
    said = telling(SITE)
    assert re.search(r"unreachable=0 +failed=0", said), said[-3000:]
    assert http("https://shop.example.org/").status == 200
    # They are where they belong, so that this test looks for what is there.
    release = "/srv/shop/current"
    for path in (f"{release}/environment", f"{release}/files/password.txt", "/etc/groundcrew-backup.json"):
        assert re.search(MARK, host.file(path).content_string), path
    assert len(made := host.check_output("cat /etc/django/shop/secrets/DJANGO_SECRET_KEY")) > 60, made


def test_second_run(telling):
    assert re.search(r"changed=0 ", telling(SITE))


def test_deploys_that_fail_and_deploys_that_do_not(telling):
    assert "failed=1" in telling(DEPLOY, generation="mark-of-a-new-environment", broken=True)
    assert "failed=0" in telling(DEPLOY, generation="mark-of-a-new-environment")


@pytest.mark.parametrize("name", ["preflight", "report", "status", "releases", "rotate_secrets"])
def test_playbooks_that_tell(telling, name):
    telling(f"playbooks/{name}.yml")


def test_preview(telling):
    telling(DEPLOY, preview=True, generation="mark-of-another-environment")


def test_exceptions_in_a_page_a_task_and_a_timer(host, http):
    token = {"Authorization": "Bearer mark-of-a-header", "Cookie": "sessionid=mark-of-a-cookie"}
    assert http("https://shop.example.org/fail/?token=mark-of-a-query", headers=token).status == 500
    host.run("systemctl start --wait shop-timer-nightly.service")
    task = "from celery import current_app; current_app.send_task('entries.tasks.count_words', args=[0])"
    host.check_output("shop-manage shell --command %s", task)
    time.sleep(5)
    journal = host.check_output("journalctl --no-pager")
    assert "nothing here" in journal
    assert "it broke" in journal


def test_backup_and_proof(host):
    host.check_output("systemctl start --wait groundcrew-backup.service")
    host.check_output("systemctl start --wait groundcrew-drill.service")
