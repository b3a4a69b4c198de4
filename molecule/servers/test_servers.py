"""Gunicorn, Granian and uWSGI beside each other: the same answers, switches, drains and rollbacks."""

import json
import re
from pathlib import Path

import pytest

DEPLOY = "playbooks/deploy.yml"
LOAD = (Path(__file__).parent.parent / "deploy/load.py").read_text()
SERVERS = ("gunicorn", "granian", "uwsgi")
each = pytest.mark.parametrize("name", SERVERS)


def serving(host, name):
    """Return the release that serves."""
    return host.check_output("basename $(readlink /srv/%s/current)", name)


def processes(host, unit, name):
    """Return the ids of the web server's processes, the one that systemd started first."""
    main = unit(f"{name}-web@{serving(host, name)}")["MainPID"]
    return [main, *host.check_output("pgrep --parent %s", main).split()]


@each
def test_answers_name_the_client_and_the_release(host, http, unit, name):
    site = f"https://{name}.example.org"
    answer = http(f"{site}/address", headers={"X-Forwarded-For": "192.0.2.7", "X-Real-IP": "192.0.2.7"})
    assert answer.text == "127.0.0.1 https 0"
    assert answer.headers["X-Release"] == serving(host, name)
    own = host.check_output("hostname --all-ip-addresses").split()[0]
    assert http(f"{site}/address", connect=own).text == f"{own} https 0"
    assert f"/venv/bin/{name} " in host.check_output("tr '\\0' ' ' < /proc/%s/cmdline", processes(host, unit, name)[0])


@each
def test_what_nginx_lets_pass_passes(host, http, name):
    site = f"https://{name}.example.org"
    long = {"Cookie": f"a={'b' * 7000}"}
    assert http(f"{site}/address?{'x' * 7000}", headers=long).text == "127.0.0.1 https 7002"
    # Nobody reads it. A socket that is closed too early takes the answer along, now and then.
    ask = f"curl --insecure --silent --fail --resolve {name}.example.org:443:127.0.0.1 --data-binary @- {site}/address"
    again = f"for number in 1 2 3 4 5 6; do head --bytes=1000000 /dev/zero | {ask}; echo; done"
    assert host.check_output(again).split("\n") == ["127.0.0.1 https 0"] * 6
    assert http(f"{site}/nothing").status == 404


@each
def test_broken_application_takes_no_traffic(host, play, http, name):
    before = serving(host, name)
    result = play(DEPLOY, app=name, generation=90, broken="import")
    assert result.returncode != 0
    said = re.sub(r"\s+", " ", result.stdout)
    assert "a module that it imports is not installed" in said
    assert "nothing_of_that_name" in said
    assert serving(host, name) == before
    assert "generation 1 " in http(f"https://{name}.example.org/").text


@each
def test_killed_processes_come_back(host, http, unit, name):
    site = f"https://{name}.example.org/"
    main, worker, *_ = processes(host, unit, name)
    host.check_output("kill -9 %s", worker)
    assert http(site).status == 200, "another worker answers"
    children = f"pgrep --parent {main} | grep --line-regexp --invert-match {worker} | wc -l"
    host.check_output(f"timeout 15 sh -c 'until test $({children}) = 2; do sleep 0.1; done'")
    assert worker not in processes(host, unit, name)
    host.check_output("kill -9 %s", main)
    ask = f"curl --insecure --silent --fail --output /dev/null --resolve {name}.example.org:443:127.0.0.1 {site}"
    show = f"systemctl show --property=NRestarts --value {name}-web@{serving(host, name)}"
    host.check_output(f"timeout 30 sh -c 'until test $({show}) = 1 && {ask}; do sleep 0.2; done'")
    assert http(site).status == 200
    assert main not in processes(host, unit, name)
    assert unit(f"{name}-web@{serving(host, name)}")["NRestarts"] == "1", "the worker alone is no reason"


def start_load(host, *names, share=1):
    """Let visitors ask the sites of some applications until `stop_load`, or a share (float) of them."""
    host.check_output("printf %s %s > /tmp/load.py", "%s", LOAD)
    for name in names:
        load = f"systemd-run --quiet --setenv=LOAD={share} --unit=load-{name} python3 /tmp/load.py"
        host.check_output(f"rm -f /tmp/{name}.json*; {load} {name}.example.org /tmp/{name}.json")


def stop_load(host, name):
    """Return what was counted of one of them."""
    host.check_output("touch /tmp/%s.json.stop", name)
    host.check_output("timeout 60 sh -c 'until test -s /tmp/%s.json; do sleep 0.5; done'", name)
    return json.loads(host.file(f"/tmp/{name}.json").content_string)


def test_no_request_fails_while_releases_switch(host, play, http):
    # More than fifty requests a second are too much for two slow processors.
    start_load(host, *SERVERS, share=0.4)
    result = play(DEPLOY, generation=2)
    assert result.returncode == 0, result.stdout[-3000:]
    for name in SERVERS:
        assert "generation 2 " in http(f"https://{name}.example.org/").text
        after = serving(host, name)
        host.check_output("%s-release rollback", name)
        assert "generation 1 " in http(f"https://{name}.example.org/").text
        host.check_output("%s-release activate %s", name, after)
    for name in SERVERS:
        counts = stop_load(host, name)
        print(name, counts)
        assert counts["requests"] > 100
        assert counts["longest"]["/slow"] > 2
        assert counts["failures"] == [], name


def test_rollback_brings_back_the_server(host, play, http, unit):
    before = serving(host, "gunicorn")
    result = play(DEPLOY, app="gunicorn", generation=2, server="granian")
    assert result.returncode == 0, result.stdout[-3000:]

    def command():
        main = unit(f"gunicorn-web@{serving(host, 'gunicorn')}")["MainPID"]
        return host.check_output("tr '\\0' ' ' < /proc/%s/cmdline", main)

    assert "/venv/bin/granian " in command()
    host.check_output("gunicorn-release rollback")
    assert serving(host, "gunicorn") == before
    assert "/venv/bin/gunicorn " in command()
    assert "generation 2 " in http("https://gunicorn.example.org/").text


@pytest.mark.parametrize("visitors", ["many", "ten"])
def test_a_deploy_watches_its_traffic(host, play, visitors):
    """One page of several fails, and not the one that is probed."""
    before = serving(host, "uwsgi")
    if visitors == "many":
        start_load(host, "uwsgi")
    else:
        ask = "curl --insecure --silent --resolve uwsgi.example.org:443:127.0.0.1 https://uwsgi.example.org/signed"
        wait = f"until test $(basename $(readlink /srv/uwsgi/current)) != {before}; do sleep 0.05; done"
        loop = f"for number in 1 2 3 4 5 6 7 8 9 10; do {ask}; done"
        host.check_output("systemd-run --quiet sh -c %s", f"{wait}; {loop}")
    generation = {"many": 3, "ten": 4}[visitors]
    result = play(DEPLOY, app="uwsgi", generation=generation, broken="signed", watch=30)
    counts = stop_load(host, "uwsgi") if visitors == "many" else {}
    said = re.sub(r"\s+", " ", result.stdout)
    if visitors == "ten":
        assert result.returncode == 0, result.stdout[-3000:]
        assert serving(host, "uwsgi") != before
        return
    assert result.returncode != 0
    assert serving(host, "uwsgi") == before
    words = r"(\d+) of (\d+) answers of \w+ were 500, (\d+) of ([\d,]+) of the one before; first: /signed"
    told = re.search(words, said)
    assert told, said[-3000:]
    bad, count, bad_before, known = told.groups()
    # The test that kills its processes may have cost one.
    assert int(bad_before) <= 5
    assert "this release answers 500 for one of its pages" in said
    failed = [one for one in counts["failures"] if one["page"] == "/signed"]
    # Three a second, for as long as a busy machine takes to switch back.
    assert int(bad) <= len(failed) <= int(bad) + 40, "those of the second until it served no more"
    assert int(count) > 100
    assert int(known.replace(",", "")) > 100
    assert "were 500" in play("playbooks/releases.yml", app="uwsgi").stdout
