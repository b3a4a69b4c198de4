"""The whole stack as the shipped playbook makes it from the shipped inventory."""

import base64
import gzip
import re
import time
from xml.etree import ElementTree

import pytest
from network import settles

SITE = "https://guestbook.example.org"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
# The example has no backups; the rest is the image's, which no site of ours made.
MAY_WARN = {"backup", "ssh", "updates", "reboot"}


def sign(http, name):
    """Write into the guestbook as a browser would, with a picture; return the answer."""
    page = http(f"{SITE}/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    cookie = page.headers["Set-Cookie"].split(";")[0]
    fields = {"csrfmiddlewaretoken": token, "name": name, "text": "good work"}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    picture = (
        '--b\r\nContent-Disposition: form-data; name="picture"; filename="pixel.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    body = "".join(parts).encode() + picture.encode() + PIXEL + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Cookie": cookie, "Referer": f"{SITE}/"}
    return http(f"{SITE}/", method="POST", headers=headers, body=body)


def test_visitor_signs_with_a_picture(host, http):
    assert sign(http, "Ada").status == 302
    page = http(f"{SITE}/").text
    assert "Ada" in page
    picture = re.search(r'<img src="([^"]+)"', page)[1]
    answer = http(f"{SITE}{picture}")
    assert (answer.status, answer.content) == (200, PIXEL)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    query = "runuser -u postgres -- psql -At guestbook -c 'SELECT name FROM entries_entry'"
    assert "Ada" in host.check_output(query).splitlines()


def test_admin_and_its_style_arrive_with_hashed_names(host, http):
    page = http(f"{SITE}/admin/login/").text
    style = re.search(r'href="(/static/admin/css/base\.[0-9a-f]{12}\.css)"', page)[1]
    answer = http(f"{SITE}{style}")
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    # Compressed when the release was built: what is compressed for one visitor has no length in advance.
    compressed = http(f"{SITE}{style}", headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["Content-Length"] == str(len(compressed.content))
    assert gzip.decompress(compressed.content) == answer.content
    smaller = http(f"{SITE}{style}", headers={"Accept-Encoding": "gzip, br"})
    assert smaller.headers["Content-Encoding"] == "br"
    assert len(smaller.content) < len(compressed.content)
    unpack = f"echo {base64.b64encode(smaller.content).decode()} | base64 --decode | brotli --decompress --stdout"
    assert host.check_output(unpack).strip() == answer.text.strip()


def test_settings_are_fit_for_production(host):
    assert host.run("guestbook-manage check --deploy --fail-level WARNING").rc == 0


def test_plain_http_leads_to_https_and_unknown_hosts_nowhere(host, http):
    answer = http("http://guestbook.example.org/page?x=1")
    assert answer.status == 301
    assert answer.headers["Location"] == f"{SITE}/page?x=1"
    assert host.run("curl --silent --header 'Host: unknown.example' http://127.0.0.1/").rc == 52
    unknown = "--resolve unknown.example:443:127.0.0.1 https://unknown.example/"
    assert host.run(f"curl --silent --insecure {unknown}").rc == 35  # no certificate
    nothing = host.run("curl --silent --insecure https://127.0.0.1/")
    assert (nothing.rc in (52, 56, 92), nothing.stdout) == (True, "")
    assert host.run("curl --silent --insecure --fail https://127.0.0.1/.well-known/health").rc == 0


def test_what_a_client_claims_reaches_nobody(http):
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "6.6.6.6"}
    assert http(f"{SITE}/", headers=forged).status == 200


def test_pages_answer_and_sessions_stay_while_redis_is_away(host, http):
    keys = "redis-cli -s /run/redis-guestbook/redis.sock DBSIZE"
    user = "from django.contrib.auth.models import User; User.objects.create_superuser('grace', password='a long one')"
    host.check_output("guestbook-manage shell -c %s", user)
    page = http(f"{SITE}/admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"{SITE}/admin/login/"}
    headers["Cookie"] = page.headers["Set-Cookie"].split(";")[0]
    form = f"csrfmiddlewaretoken={token}&username=grace&password=a+long+one"
    answer = http(f"{SITE}/admin/login/?next=/admin/", method="POST", headers=headers, body=form.encode())
    session = re.search(r"sessionid=[^;]+", str(answer.headers))[0]
    host.check_output("systemctl stop redis-server@guestbook")
    begin = time.monotonic()
    assert "Ada" in http(f"{SITE}/").text
    assert sign(http, "Grace").status == 302
    assert "Grace" in http(f"{SITE}/").text
    assert "Log out" in http(f"{SITE}/admin/", headers={"Cookie": session}).text
    assert time.monotonic() - begin < 15
    host.check_output("systemctl start redis-server@guestbook")
    deadline = time.monotonic() + 20
    while host.check_output(keys) == "0":
        assert time.monotonic() < deadline, "the cache is not used again"
        assert http(f"{SITE}/").status == 200
        time.sleep(0.5)
    assert "Log out" in http(f"{SITE}/admin/", headers={"Cookie": session}).text


def test_the_report_has_nothing_red(play, tmp_path):
    """It sees all that it asks for: the site from outside, the project from inside, the host."""
    run = play("playbooks/report.yml", report=str(tmp_path))
    assert run.returncode == 0, run.stdout
    cases = {case.get("name"): case for case in ElementTree.parse(tmp_path / "report.xml").iter("testcase")}
    assert {"https", "tls-old", "host", "cookies", "static", "migrations", "check-deploy", "ports", "disk"} <= set(
        cases
    )
    assert [name for name, case in cases.items() if case.find("failure") is not None] == []
    assert [name for name, case in cases.items() if case.find("skipped") is not None] == []
    assert {name for name, case in cases.items() if case.findtext("system-out").startswith("warning")} <= MAY_WARN
    assert "DEBUG is off" in (tmp_path / "report.html").read_text()


def test_every_daemon_comes_back_after_a_kill(host, http):
    host.check_output("pkill -9 -x nginx; pkill -9 -x gunicorn; pkill -9 -x redis-server; pkill -9 -x postgres")
    page = f"curl --silent --fail --insecure --output /dev/null --resolve guestbook.example.org:443:127.0.0.1 {SITE}/"
    # With several names it is content with one of them.
    units = ("nginx", "redis-server@guestbook", "postgresql@*", "guestbook-web@*")
    active = " && ".join(f"systemctl --quiet is-active '{unit}'" for unit in units)
    assert settles(host, f"{page} && {active}", 60)
    assert http(f"{SITE}/").status == 200
    assert "Ada" in http(f"{SITE}/").text


def test_no_secret_is_readable_by_others(host):
    secret = host.check_output("cut -d= -f2 /etc/django/guestbook/secrets/DJANGO_SECRET_KEY")
    assert len(secret) == 64
    found = host.run("runuser -u nobody -- grep -rIsl %s /etc /srv /run /tmp /usr/local /var", secret)
    assert found.stdout == ""
    assert secret not in host.check_output("journalctl --no-pager; ps -ef; systemctl show --all '*'")


def test_no_port_is_open_but_those_of_ssh_and_the_web_server(host):
    ports = host.check_output("ss --listening --numeric --tcp --udp --no-header | awk '{print $5}'").split()
    assert {port.rpartition(":")[2] for port in ports} <= {"22", "80", "443"}


@pytest.mark.parametrize(
    ("units", "most"), [("guestbook-*", 1.2), ("redis-server@*", 0.5), ("postgresql@*", 1.2), ("nginx.service", 2.5)]
)
def test_units_are_little_exposed(host, exposed, units, most):
    """As https://www.freedesktop.org/software/systemd/man/latest/systemd-analyze.html counts."""
    names = host.check_output(
        f"systemctl list-units --all --plain --no-legend --type=service '{units}' | cut -d' ' -f1"
    )
    assert names
    for name in names.splitlines():
        assert exposed(name) <= most


def test_nothing_failed(host):
    assert host.check_output("systemctl --failed --no-legend --plain") == ""
