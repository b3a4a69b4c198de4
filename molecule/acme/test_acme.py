"""Certificates of an ACME authority, here Pebble on the test host: the first, the next, and what stands in the way."""

import base64
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

NAMES = ["tiny.example.org", "www.tiny.example.org"]
SITE = "playbooks/site.yml"
REPOSITORY = Path(__file__).resolve().parents[2]
CONSOLES = Path(__file__).with_name("consoles.yml")
ISSUE = "/usr/local/lib/groundcrew-acme tiny"
ROOT = "/srv/pebble/root.pem"
# A transient unit forgets itself when it stops.
PEBBLE = (
    "systemctl reset-failed pebble 2> /dev/null; "
    "systemd-run --quiet --unit=pebble --property=EnvironmentFile=/srv/pebble/environment "
    "pebble -config /srv/pebble/config.json -dnsserver 127.0.0.1:8053"
)
DIRECTORY = "curl --silent --cacert /srv/pebble/server.pem"


# A client that knows no ECDSA.
OLD = "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"


def serial(host, name="tiny.example.org", folder="tiny", client=""):
    """Return the serial number (str) of the certificate in place, which Nginx soon shows.

    A reload of Nginx returns before the workers of before have stopped to accept connections.
    """
    read = "openssl x509 -noout -serial"
    placed = host.check_output(f"{read} -in /etc/ssl/groundcrew/{folder}/fullchain.pem")
    shown = f"openssl s_client -connect 127.0.0.1:443 -servername {name} {client} < /dev/null 2> /dev/null | {read}"
    host.check_output(f"timeout 30 sh -c 'until {shown} | grep --quiet --line-regexp {placed}; do sleep 0.1; done'")
    return placed


def restart(host, **environment):
    """Start the authority anew, with these variables; it has forgotten everybody by then."""
    environment = {"PEBBLE_VA_NOSLEEP": 1, "PEBBLE_AUTHZREUSE": 0, **environment}
    lines = [f"{name}={value}" for name, value in environment.items()]
    host.check_output("printf %s > /srv/pebble/environment", "\\n".join(lines))
    host.check_output(f"systemctl stop pebble; {PEBBLE}")
    host.check_output(f"timeout 20 sh -c 'until {DIRECTORY} --fail https://localhost:14000/dir; do sleep 0.2; done'")


def forget(host):
    """Make the next run ask for new certificates."""
    host.check_output("cd /etc/ssl/groundcrew/tiny && rm -f current/server rsa/current/server")


@pytest.fixture
def trusted(host, http):
    """Return a function that asks the site as a browser does that trusts the authority."""

    def ask(url="https://tiny.example.org/nothing"):
        host.check_output(f"{DIRECTORY} https://localhost:15000/roots/0 > {ROOT}")
        return http(url, ca=ROOT)

    return ask


@pytest.fixture
def after(host):
    """Return a function that has the timer do its work on a host that was off for some days (int), by its clock."""
    units = "/run/systemd/system/groundcrew-acme"
    library = host.check_output("ls /usr/lib/*/faketime/libfaketime.so.1")
    host.check_output(f"mkdir -p {units}.timer.d {units}.service.d")
    host.check_output(f"printf '[Timer]\\nRandomizedDelaySec=0\\n' > {units}.timer.d/test.conf")

    def start(days):
        clock = f"Environment=LD_PRELOAD={library} FAKETIME=+{days}d"
        host.check_output(f"printf '[Service]\\n{clock}\\n' > {units}.service.d/test.conf")
        host.check_output(f"""
            ran() {{ systemctl show --property=InvocationID groundcrew-acme.service; }}
            before=$(ran)
            systemctl daemon-reload && systemctl stop groundcrew-acme.timer
            touch --date='{days} days ago' /var/lib/systemd/timers/stamp-groundcrew-acme.timer
            systemctl start groundcrew-acme.timer
            for _ in $(seq 300); do [ "$(ran)" = "$before" ] || break; sleep 0.1; done
            [ "$(ran)" != "$before" ]
            while systemctl is-active groundcrew-acme.service | grep --quiet activating; do sleep 0.1; done
            ! systemctl is-failed --quiet groundcrew-acme.service""")

    yield start
    host.check_output(f"rm -r {units}.timer.d {units}.service.d; systemctl daemon-reload")


def test_the_first_run_ends_with_a_certificate_of_the_authority(host, trusted):
    assert trusted().status == 404  # of Django, which has no such page
    assert host.file("/etc/ssl/groundcrew/tiny/privkey.pem").linked_to.startswith("/etc/ssl/groundcrew/tiny/acme-")
    assert host.check_output("stat --dereference --format=%a /etc/ssl/groundcrew/tiny/privkey.pem") == "600"
    assert host.file("/var/lib/groundcrew-acme").mode == 0o700
    assert host.service("groundcrew-acme.timer").is_running


def test_old_clients_get_one_with_an_rsa_key(host, trusted):
    trusted()
    client = f"openssl s_client -connect 127.0.0.1:443 -servername tiny.example.org -CAfile {ROOT} -verify_return_error"
    assert "Server public key is 2048 bit" in host.check_output(f"{client} {OLD} < /dev/null")
    assert "Server public key is 256 bit" in host.check_output(f"{client} -tls1_2 < /dev/null")
    assert host.check_output("stat --dereference --format=%a /etc/ssl/groundcrew/tiny/rsa/privkey.pem") == "600"


def test_who_asks_strangers_is_not_root(host, exposed):
    assert exposed("groundcrew-acme.service") <= 1.2
    assert host.check_output("stat --format='%U %a' /var/lib/groundcrew-acme/accounts") == "groundcrew-acme 700"
    assert host.check_output("stat --dereference --format=%U /etc/ssl/groundcrew/tiny/privkey.pem") == "root"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        ("ln -s /etc/shadow fullchain.pem", "Too many levels of symbolic links"),
        ("cp /etc/hostname fullchain.pem", "is no certificate"),
        ("cp /etc/ssl/groundcrew/ca/ca.pem fullchain.pem", "does not fit its key|is no certificate"),
    ],
)
def test_root_takes_nothing_but_a_certificate_that_is_wanted(host, make, reason):
    before = serial(host)
    ready = "/var/lib/groundcrew-acme/ready/tiny"
    key = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out privkey.pem"
    host.check_output(f"mkdir -p {ready} && cd {ready} && {key} && {make}")
    result = host.run("/usr/local/lib/groundcrew-acme --place tiny")
    assert result.rc == 1
    assert re.search(reason, result.stderr), result.stderr
    assert serial(host) == before
    assert not host.file(ready).exists


def test_nothing_is_asked_for_before_it_is_due(host):
    before = serial(host)
    host.check_output("systemctl start groundcrew-acme.service")
    assert serial(host) == before


@pytest.mark.split
def test_names_that_do_not_lead_here_are_named_before_the_authority_is_asked(host, play, reach):
    before = serial(host)
    peer = {"groundcrew-acme-12": "groundcrew-acme-13", "groundcrew-acme-13": "groundcrew-acme-12"}[
        host.backend.hostname
    ]
    address = reach(peer).check_output("hostname --all-ip-addresses").split()[0]
    host.check_output("echo %s >> /etc/hosts", f"{address} elsewhere.example.org")
    host.check_output("cp --preserve /etc/ssl/groundcrew/tiny/acme.json /root")
    result = play(SITE, domains=[*NAMES, "nowhere.example.org", "elsewhere.example.org"])
    assert result.returncode != 0
    said = re.sub(r"\s+", " ", result.stdout)
    assert "nowhere.example.org has no DNS record, neither A nor AAAA." in said
    assert f"elsewhere.example.org points at {address} (A record), where nginx answers 404 instead of this host" in said
    # The site serves its new names, too, with the certificate that is there.
    assert serial(host, "nowhere.example.org") == serial(host) == before
    # Who takes them back needs no other.
    host.check_output("mv /root/acme.json /etc/ssl/groundcrew/tiny")
    assert host.check_output(ISSUE) == ""
    assert serial(host) == before


@pytest.mark.split
def test_names_that_change_bring_a_new_certificate(play, trusted, unit):
    nginx = unit("nginx")["MainPID"]
    result = play(SITE, domains=NAMES)
    assert result.returncode == 0, result.stdout[-3000:]
    answer = trusted("https://www.tiny.example.org/nothing")
    assert (answer.status, answer.headers["Location"]) == (301, "https://tiny.example.org/nothing")
    assert unit("nginx")["MainPID"] == nginx


@pytest.mark.split
def test_a_record_in_the_dns_proves_all_names_of_a_domain(host, play):
    result = play("molecule/acme/wildcard.yml")
    assert result.returncode == 0, result.stdout[-3000:]
    host.check_output(f"{DIRECTORY} https://localhost:15000/roots/0 > {ROOT}")
    verify = (
        f"openssl verify -CAfile {ROOT} -untrusted fullchain.pem -verify_hostname any.tiny.example.org fullchain.pem"
    )
    host.check_output(f"cd /etc/ssl/groundcrew/wild && {verify}")
    host.check_output("rm -r /etc/ssl/groundcrew/wild")


@pytest.mark.split
def test_an_authority_that_forgot_the_account_and_refuses_every_fifth_nonce(host, trusted):
    restart(host, PEBBLE_WFE_NONCEREJECT=20)
    for _ in range(3):
        forget(host)
        assert host.check_output(ISSUE) == "tiny: new certificate"
    assert trusted().status == 404
    restart(host)


def test_a_validation_that_fails_leaves_what_is_there_and_says_why(host):
    before = serial(host)
    forget(host)
    host.check_output("""curl --fail -d '{"host": "tiny.example.org"}' http://127.0.0.1:8055/set-servfail""")
    result = host.run(ISSUE)
    assert result.rc == 1
    assert "https://localhost:14000/dir did not sign" in result.stderr
    assert "could not resolve URL" in result.stderr
    assert serial(host) == before
    host.check_output("""curl --fail -d '{"host": "tiny.example.org"}' http://127.0.0.1:8055/clear-servfail""")
    host.check_output(ISSUE)
    assert serial(host) != before


def test_an_authority_that_is_down_leaves_what_is_there_and_tells_root(host):
    """In the journal, and by mail where the host can send one."""
    before = serial(host)
    forget(host)
    host.check_output("systemctl stop pebble")
    host.check_output(
        "printf '#!/bin/sh\\ncat > /var/mail/mail-to-$1\\n' > /usr/sbin/sendmail; chmod +x /usr/sbin/sendmail"
    )
    host.check_output("systemctl start groundcrew-acme.service || true")
    assert host.check_output("systemctl is-failed groundcrew-acme.service") == "failed"
    come = "until grep --quiet 'connection refused' /var/mail/mail-to-root; do sleep 0.2; done"
    host.check_output("timeout 30 sh -c %s", come)
    mail = host.file("/var/mail/mail-to-root").content_string
    assert mail.startswith(f"Subject: groundcrew-acme.service failed on {host.backend.hostname}\n\n")
    host.check_output("rm /usr/sbin/sendmail; systemctl start groundcrew-acme.service || true")
    told = "journalctl --unit='groundcrew-failed@*' --output=cat | grep 'connection refused'"
    host.check_output(f"""timeout 30 sh -c "until {told}; do sleep 0.2; done" """)
    assert serial(host) == before


def test_a_reload_that_failed_is_done_by_the_next_run(host):
    restart(host)
    before = serial(host)
    forget(host)
    broken = "/etc/nginx/conf.d/broken.conf"
    host.check_output(f"echo broken > {broken}")
    result = host.run(ISSUE)
    host.check_output(f"rm {broken}")
    assert result.rc == 1
    assert "tiny: The new certificate is installed, but nginx.service was not reloaded" in result.stderr
    assert host.check_output(ISSUE) == "tiny: new certificate"
    assert serial(host) != before
    assert host.check_output(ISSUE) == ""


def test_a_first_run_that_was_killed_on_the_way_is_ended_by_the_next(host):
    restart(host)
    before = serial(host)
    plain = "cp --remove-destination $(realpath fullchain.pem) fullchain.pem"
    host.check_output(f"cd /etc/ssl/groundcrew/tiny && {plain}")
    assert host.check_output(ISSUE) == "tiny: new certificate"
    assert host.file("/etc/ssl/groundcrew/tiny/fullchain.pem").is_symlink
    assert serial(host) != before


def test_a_certificate_in_the_last_third_of_its_life_is_renewed_by_the_clock(host, trusted, unit, after):
    restart(host)
    forget(host)
    assert host.check_output(f"{ISSUE} tiny/rsa") == "tiny: new certificate\ntiny/rsa: new certificate"
    before, old = serial(host), serial(host, folder="tiny/rsa", client=OLD)
    nginx = unit("nginx")["MainPID"]
    after(days=59)
    assert serial(host) == before
    after(days=61)
    assert serial(host) != before
    assert serial(host, folder="tiny/rsa", client=OLD) != old
    assert trusted().status == 404
    assert unit("nginx")["MainPID"] == nginx


@pytest.mark.split
def test_consoles_have_a_certificate_of_the_authority_and_go(host, http, play, trusted, unit):
    """Without Prometheus, whose place here nobody takes: who has no password is stopped before."""
    nginx = unit("nginx")["MainPID"]
    inventory = Path(os.environ["MOLECULE_INVENTORY_FILE"])
    given = yaml.safe_load(inventory.read_text())
    name = host.backend.hostname
    given["monitoring"] = {"hosts": {name: given["all"]["hosts"][name]}}
    # One host watches all others: here there is none.
    given["all"]["hosts"] = given["django"]["hosts"] = given["monitoring"]["hosts"]
    (inventory.parent / "monitoring.yml").write_text(yaml.safe_dump(given))
    command = ["ansible-playbook", "--inventory", inventory.parent / "monitoring.yml", CONSOLES]
    for changed in (True, False):
        result = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert result.returncode == 0, result.stdout[-3000:]
        assert ("changed=0" not in result.stdout) == changed, result.stdout
    assert trusted("https://monitor.example.org/").status == 401
    alice = {"Authorization": "Basic " + base64.b64encode(b"alice:correct horse").decode()}
    assert http("https://monitor.example.org/", headers=alice, ca=ROOT).status == 502
    result = play(CONSOLES)
    assert result.returncode == 0, result.stdout[-3000:]
    assert not host.file("/etc/ssl/groundcrew/prometheus").exists
    assert host.run("openssl s_client -connect 127.0.0.1:443 -servername monitor.example.org < /dev/null").rc != 0
    assert trusted().status == 404
    assert unit("nginx")["MainPID"] == nginx


@pytest.mark.split
def test_what_is_not_wanted_any_more_is_neither_served_nor_renewed(host, play, unit):
    nginx = unit("nginx")["MainPID"]
    # It runs by the clock again when somebody stopped the clock.
    host.check_output("systemctl stop groundcrew-acme.timer")
    result = play(SITE, domains=NAMES, rsa=False)
    assert result.returncode == 0, result.stdout[-3000:]
    assert host.service("groundcrew-acme.timer").is_running
    assert not host.file("/etc/ssl/groundcrew/tiny/rsa").exists
    client = "openssl s_client -connect 127.0.0.1:443 -servername tiny.example.org"
    assert host.run(f"{client} {OLD} < /dev/null").rc != 0
    assert host.run(f"{client} < /dev/null").rc == 0
    assert unit("nginx")["MainPID"] == nginx
    assert "changed=0" in play(SITE, domains=NAMES, rsa=False).stdout
