"""What is seen is judged: all is good as it should be, and each fault is found by its check, with its level."""

from dataclasses import replace

import pytest
from applications import groups, keys, specification
from report import judge, observed, verdicts
from report.observed import Answer, Certificate, Server, Site
from seen import COOKIE, PROCESS, PROJECT, SERVER, SITE, listens, project, server, ships, tutorial, without

ALL = [one for kind in (judge.SITE, judge.APPLICATION, judge.SERVER) for checks in kind for one in checks.all]
DEBUG = "<p>You're seeing this error because you have <code>DEBUG = True</code> in your settings"


def certified(**values):
    return replace(SITE, certificate=Certificate(**values))


def answered(*headers, status=200, text=""):
    return Answer(status, headers, text)


def test_all_is_good():
    found = judge.findings([SERVER], [SITE])
    assert [one for one in found if one.level != "good"] == []
    assert {one.id for one in found} == {one.id for one in ALL}
    assert judge.counted(found) == f"{len(ALL)} good"


FAULTS = [
    ("dns", "warning", replace(SITE, resolved=())),
    ("dns", "note", replace(SITE, resolved=(), name="shop.example.org")),
    ("dns", "warning", Site(address="https://gone.org", name="gone.org")),
    ("answer", "error", replace(SITE, home=Answer(0, (), "TimeoutError: timed out"))),
    ("answer", "error", replace(SITE, home=Answer(502))),
    ("answer", "note", replace(SITE, home=Answer(404))),
    ("https", "error", replace(SITE, secure=False)),
    ("redirect", "error", replace(SITE, plain=Answer(200))),
    ("redirect", "error", replace(SITE, plain=Answer(302, (("Location", "http://www.shop.org/"),)))),
    ("redirect", "note", replace(SITE, plain=Answer(0))),
    ("certificate", "error", certified(trusted=False, reason="certificate has expired")),
    ("certificate", "warning", certified(trusted=False, own=True, days=300, life=397)),
    ("certificate", "note", replace(certified(trusted=False, own=True, days=9), resolved=("10.0.0.2",))),
    ("certificate-days", "warning", certified(trusted=True, days=15, life=90)),
    ("certificate-days", "error", certified(trusted=True, days=5, life=90)),
    ("certificate-days", "error", certified(trusted=True, days=0.3, life=6)),
    ("tls-old", "error", replace(SITE, tls={"TLS 1.0": True, "TLS 1.1": False, "TLS 1.3": True})),
    ("tls-old", "error", replace(SITE, tls={"TLS 1.0": None, "TLS 1.1": True})),
    ("tls-old", "unknown", replace(SITE, tls={"TLS 1.0": None, "TLS 1.1": None})),
    ("tls-new", "warning", replace(SITE, tls={"TLS 1.3": False})),
    ("hsts", "warning", without("Strict-Transport-Security")),
    ("hsts", "warning", replace(SITE, home=answered(("Strict-Transport-Security", "max-age=0")))),
    ("hsts", "note", replace(SITE, home=answered(("strict-transport-security", "max-age=300")))),
    ("nosniff", "warning", without("X-Content-Type-Options")),
    ("frames", "warning", without("X-Frame-Options")),
    ("referrer", "note", without("Referrer-Policy")),
    ("csp", "warning", without("Content-Security-Policy")),
    ("csp", "note", replace(SITE, home=answered(("Content-Security-Policy-Report-Only", "default-src 'none'")))),
    ("cookies", "error", replace(SITE, pages=(answered(("Set-Cookie", "csrftoken=secure; Path=/")),))),
    ("cookies", "error", replace(SITE, pages=(answered(COOKIE, ("Set-Cookie", "sessionid=a; HttpOnly")),))),
    ("cookies", "error", replace(SITE, pages=(answered(("Set-Cookie", "sessionid=a; Secure")),))),
    ("debug-page", "error", replace(SITE, missing=Answer(404, (), DEBUG))),
    ("debug-page", "error", replace(SITE, strange=(Answer(400, (), f"DisallowedHost at / {DEBUG}"),))),
    ("debug-page", "error", replace(SITE, home=answered(text="The install worked successfully! Congratulations!"))),
    ("error-page", "error", replace(SITE, missing=Answer(500))),
    ("error-page", "note", replace(SITE, missing=Answer(200))),
    ("host", "error", replace(SITE, strange=(Answer(200, (), "<h1>Shop</h1>"),))),
    ("host", "error", replace(SITE, strange=(Answer(301, (("Location", "https://groundcrew-report.invalid/"),)),))),
    ("host", "warning", replace(SITE, strange=(Answer(500),))),
    ("private", "error", replace(SITE, private=(Answer(200, (), "DEBUG=1\nSECRET_KEY=x", "/.env"),))),
    ("private", "error", replace(SITE, private=(Answer(200, (), "ref: refs/heads/main", "/.git/HEAD"),))),
    ("private", "error", replace(SITE, private=(Answer(200, (), "<title>Index of /media/</title>", "/media/"),))),
    ("static", "error", replace(SITE, static=Answer(404, (), "", "/static/base.css"))),
    ("static", "unknown", replace(SITE, static=None)),
    ("static-cache", "warning", replace(SITE, static=Answer(200))),
    ("static-cache", "warning", replace(SITE, static=answered(("Cache-Control", "max-age=0")))),
    ("real-server", "error", replace(SITE, home=answered(("Server", "WSGIServer/0.2 CPython/3.11.2")))),
    ("real-server", "note", replace(SITE, home=answered(("Server", "nginx/1.22.1")))),
    ("project", "unknown", project(error="ModuleNotFoundError: No module named 'shop'")),
    ("debug", "error", project(debug=True)),
    ("allowed-hosts", "error", project(allowed_hosts=["shop.org", "*"])),
    ("allowed-hosts", "note", project(allowed_hosts=[])),
    ("secret-key", "error", project(secret_key="it is short or of few characters")),
    ("database", "error", project(databases={"default": {"engine": "sqlite3", "kept": 0, "pool": False}})),
    ("connections", "warning", project(databases={"default": {"engine": "mysql", "kept": 0, "pool": False}})),
    ("cache", "warning", project(cache="LocMemCache")),
    ("cache", "warning", project(cache="DummyCache")),
    ("sessions", "warning", project(sessions="cache")),
    ("sessions", "note", project(sessions="signed_cookies")),
    ("email", "warning", project(email="console")),
    ("check-deploy", "warning", project(checks=[["security.W004", 30, "No HSTS. Set it."]])),
    ("check-deploy", "error", project(checks=[["models.E001", 40, "Broken."], ["security.W004", 30, "No HSTS."]])),
    ("migrations", "error", project(pending=["auth.0001_initial"])),
    ("migrations", "error", project(pending=None, pending_error="OperationalError: connection refused")),
    ("server", "error", Server("web1", error="Connection refused")),
    ("server", "warning", server(root=False)),
    ("web-server", "error", server(servers=[{**PROCESS, "kind": "runserver"}])),
    ("server-user", "error", server(servers=[{**PROCESS, "user": "root"}])),
    ("supervised", "error", server(servers=[{**PROCESS, "unit": "session-1.scope"}])),
    ("secrets", "error", server(leaks={"files": ["/home/shop/.env"], "units": []})),
    ("secrets", "error", server(leaks={"files": [], "units": ["shop.service"]})),
    ("ports", "error", listens(8000, "gunicorn", addresses=["10.0.0.2"])),
    ("ports", "error", listens(5432, "postgres")),
    ("ports", "warning", listens(5432, "postgres", addresses=["10.0.0.2"])),
    ("ports", "warning", listens(9100, "node_exporter")),
    ("ports", "note", listens(6379, "redis-server", opened=False)),
    ("ports", "warning", replace(listens(6379, "redis-server"), open=None)),
    ("failed-units", "error", server(failed=["groundcrew-backup.service"])),
    ("updates", "warning", server(updates={"security": ["openssl"], "other": 0, "age": 60, "automatic": True})),
    ("updates", "unknown", server(updates={"security": [], "other": 0, "age": 9e6, "automatic": True})),
    ("automatic-updates", "warning", server(updates={"security": [], "other": 0, "age": 60, "automatic": False})),
    ("reboot", "warning", server(reboot=["linux-image-amd64"])),
    ("reboot", "warning", server(reboot=[])),
    ("disk", "warning", server(disks=[{"path": "/", "space": 88, "inodes": 1}, {"path": "/srv", "space": 3}])),
    ("disk", "error", server(disks=[{"path": "/", "space": 10, "inodes": 99}])),
    ("ssh", "warning", server(sshd={"passwordauthentication": "yes", "permitrootlogin": "without-password"})),
    ("ssh", "error", server(sshd={"passwordauthentication": "yes", "permitrootlogin": "yes"})),
    ("logs", "warning", server(journal=False)),
    ("alerts", "error", server(alerts=[{"severity": "critical", "summary": "SiteDown: shop does not answer on web2"}])),
    ("alerts", "warning", server(alerts=[{"severity": "info", "summary": "RebootPending: web2"}])),
    ("backup", "error", server(backup={"well": False, "says": "last backup: 4 d ago, in 9 s\n  TOO OLD"})),
    ("backup", "warning", server(backup={"programs": []})),
    ("release", "error", ships()),
    ("release", "error", ships({"state": "built", "deployed": ""})),
    ("release", "warning", ships({}, {"id": "b", "state": "bad", "deployed": "2026-11-27T08:00:00+00:00"})),
    ("backup", "unknown", server(backup={"programs": ["restic"]})),
]


@pytest.mark.parametrize(("check", "level", "seen"), FAULTS, ids=[f"{one[0]}-{one[1]}" for one in FAULTS])
def test_a_fault_is_found(check, level, seen):
    found = judge.findings([], [seen]) if isinstance(seen, Site) else judge.findings([seen], [])
    (one,) = [one for one in found if one.id == check]
    assert one.level == level, one.seen
    assert one.why.endswith(".")
    assert one.mend


def test_every_check_has_a_fault():
    assert {one.id for one in ALL} - {one[0] for one in FAULTS} == set()


def test_a_tutorial_is_seen_through():
    site, host = tutorial()
    errors = {one.id for one in judge.findings([host], [site]) if one.level == "error"}
    wanted = {"https", "cookies", "debug-page", "host"}
    wanted |= {"debug", "allowed-hosts", "secret-key", "database", "migrations"}
    wanted |= {"web-server", "server-user", "supervised", "secrets", "ports", "ssh"}
    assert wanted - errors == set()


def test_what_mends_is_a_key_of_ours():
    """But for what no variable does: a reboot, a look at a unit, sshd, the role that every host gets."""
    others = {"sudo", "systemctl", "PasswordAuthentication", "the"}
    known = {*keys.options(), *specification.variables(), *groups.KNOWN, *others, "django_apps", "ansible_host"}
    words = {one.id: one.mend.replace(":", " ").split()[0] for one in ALL}
    assert {name: word for name, word in words.items() if word not in known} == {}


def test_names_are_unique():
    assert len({one.id for one in ALL}) == len(ALL)


def test_a_server_that_gives_no_answer_is_an_error_and_no_more():
    found = judge.findings([Server("web1", error="Connection refused")], [])
    assert [(one.id, one.level) for one in found] == [("server", "error")]
    assert "Connection refused" in found[0].seen


def test_what_serves_and_what_failed_last_is_told():
    def told(*releases):
        return next(one.seen for one in judge.findings([ships(*releases)], []) if one.id == "release")

    serves = "0123456789ab of v1.5.0 serves since 2026-11-26 13:50 UTC by ops@laptop"
    failed = {"id": "b", "version": "v1.6.0", "state": "bad", "deployed": "2026-11-27T08:00:00+00:00", "reason": "502"}
    assert told({}) == serves
    assert told(failed, {}) == f"{serves}; b failed on 2026-11-27 08:00 UTC: 502"
    # A later deploy, or a rollback, went well.
    assert told({**failed, "deployed": "2026-11-25T08:00:00+00:00"}, {}) == serves


def test_checks_of_the_status_are_there():
    assert set(judge.STATUS) <= {one.id for one in ALL}


def test_the_status_says_that_a_certificate_has_ended():
    """Of one that has, no days are known."""
    found = judge.findings([], [certified(trusted=False, days=None, life=90)])
    assert [one.level for one in found if one.id == "certificate" and one.id in judge.STATUS] == ["error"]


@pytest.mark.parametrize("answer", ["", "Welcome!\n", "GROUNDCREW {broken"])
def test_an_answer_that_cannot_be_read(answer):
    assert "python3: not found" in observed.read("web1", answer, "sh: 1: python3: not found\n").error


def test_an_answer_is_found_after_a_greeting():
    assert observed.read("web1", 'Welcome!\r\nGROUNDCREW {"root": true}\r\n').said == {"root": True}


@pytest.mark.parametrize(("least", "worse"), [("error", False), ("warning", True), ("never", False)])
def test_what_fails(least, worse):
    found = judge.findings([server(journal=False)], [SITE])
    assert verdicts.is_worse(found, least) is worse
    assert judge.counted(found) == f"1 warning, {len(ALL) - 1} good"


def test_a_wrong_project_does_not_hide_the_others():
    host = server(applications=[{**PROJECT, "name": "one", "error": "ImportError"}, PROJECT])
    found = judge.findings([host], [])
    assert {one.about for one in found if one.id == "debug"} == {"shop on web1"}
