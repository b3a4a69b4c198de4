"""One host of the group `logs` has the journals of all: who sends, who is let in, and what is refused."""

from inventories import every_part, make_host, mistakes

MAIL = {"alertmanager_mail": "ops@example.org"}


def hosts(*others, **variables):
    web = make_host("web1", ("django",), {}, base_address="10.0.0.7")
    return web, make_host("log1", ("logs", "firewall"), base_address="10.0.0.9", **variables), *others


def test_every_other_host_sends_its_journal():
    database = make_host("db1", ("postgresql",), base_address="10.0.0.8")
    resolved = every_part(*hosts(database))["hosts"]
    web, log = resolved["web1"]["journal"], resolved["log1"]["journal"]
    assert (web["entry"], web["url"]) == ("send", "https://10.0.0.9:19532")
    assert (web["certificate"]["usage"], web["certificate"]["subject_alt_name"]) == ("client", ["DNS:web1"])
    assert (log["entry"], log["clients"]) == ("collect", ["10.0.0.7", "10.0.0.8"])
    assert log["certificate"]["subject_alt_name"] == ["DNS:log1", "IP:10.0.0.9"]
    opened = {"port": "19532", "protocol": "tcp", "from": ["10.0.0.7", "10.0.0.8"]}
    assert [opened in resolved[name]["openings"] for name in ("log1", "web1", "db1")] == [True, False, False]


def test_requests_are_in_the_journals_that_come_together():
    resolved = every_part(*hosts())["hosts"]
    assert [resolved[name]["nginx_journal"] for name in ("web1", "log1")] == [True, True]
    for given, expected in ((None, False), (True, True), ("false", False)):
        said = {} if given is None else {"nginx_journal": given}
        alone = every_part(make_host(apps={}, **said))["hosts"]["web1"]
        assert alone["nginx_journal"] is expected


def test_one_authority_signs_for_monitoring_and_logs():
    resolved = every_part(*hosts())["hosts"]
    assert [resolved[name]["authority"] for name in ("web1", "log1")] == [False, True]
    assert resolved["web1"]["journal"]["certificate"]["authority"] == "log1"
    monitor = make_host("mon1", ("monitoring",), base_address="10.0.0.5", **MAIL)
    resolved = every_part(*hosts(monitor))["hosts"]
    assert [resolved[name]["authority"] for name in ("web1", "log1", "mon1")] == [False, False, True]
    assert {one["journal"]["certificate"]["authority"] for one in resolved.values()} == {"mon1"}


def test_a_host_that_watches_itself_alone_has_no_authority():
    host = make_host("web1", ("django", "monitoring"), {}, **MAIL)
    resolved = every_part(host)["hosts"]["web1"]
    assert (resolved["authority"], resolved["journal"]) == (False, {})


def test_what_cannot_work_is_refused():
    (line,) = mistakes(make_host("log1", ("logs",)))
    assert "no other host would send" in line
    found = mistakes(*hosts(make_host("log2", ("logs",))))
    assert ["one host has the journals of all" in line for line in found] == [True, True]
    (line,) = mistakes(*hosts(make_host("db1", ("postgresql",), base_address="nowhere.invalid")))
    assert "[db1] `base_address` is missing: log1 takes journals from known addresses alone" in line
    (line,) = mistakes(*hosts(journal_size="4 GB"))
    assert "`journal_size` is" in line
