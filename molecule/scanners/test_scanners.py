"""What a browser and others' scanners find: docs/security.md says that it is nothing."""

import base64
import json
import re
from pathlib import Path

HERE = Path(__file__).parent
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
LYNIS = 60
"""The least index of hardening; a bare host of the same image has less."""


def test_a_browser_has_nothing_to_complain_of(host):
    """It signs with a picture, logs in, and looks at lists and forms, under the enforced Content-Security-Policy."""
    create = "guestbook-manage createsuperuser --noinput --username grace --email g@example.org"
    host.run(f"DJANGO_SUPERUSER_PASSWORD=correct-horse-battery {create}")
    host.check_output("echo %s | base64 --decode > /tmp/pixel.png", PIXEL)
    assert base64.b64decode(PIXEL).startswith(b"\x89PNG")
    script = (HERE / "browser.py").read_text()
    said = host.check_output("python3 -c %s grace correct-horse-battery /tmp/pixel.png", script)
    found = json.loads(said.splitlines()[-1])
    assert found["complaints"] == []
    assert found["picture"] == 1
    assert any("Select entry to change" in title for title in found["visited"]), found["visited"]


def test_testssl_finds_no_weakness(host):
    command = "testssl --quiet --color 0 --ip 127.0.0.1 --severity MEDIUM --jsonfile /tmp/testssl.json"
    host.run(f"rm -f /tmp/testssl.json; {command} https://guestbook.example.org")
    found = json.loads(host.file("/tmp/testssl.json").content_string)
    assert {one["id"]: one["finding"] for one in found if one["id"] not in OWN_CA} == {}


OWN_CA = {
    # The certificate is the host's own, as nobody can ask an authority for example.org.
    *("cert_chain_of_trust", "cert_trust", "cert_caIssuers", "cert_crlDistributionPoints", "cert_ocspURL"),
    *("cert_revocation", "OCSP_stapling", "DNS_CAArecord", "cert_validityPeriod", "cert_extlifeSpan"),
    # A summary of the others.
    *("overall_grade", "grade_cap_reason_1", "scanTime"),
}


def test_gixy_finds_nothing_in_nginx(host):
    result = host.run("/opt/gixy/bin/gixy --format json /etc/nginx/nginx.conf")
    found = json.loads(result.stdout)
    assert [(one["plugin"], one["summary"], one["config"]) for one in found] == []


def test_lynis_finds_no_weakness(host):
    host.run("lynis audit system --quick --quiet --no-colors --report-file /tmp/lynis.dat")
    report = host.file("/tmp/lynis.dat").content_string
    warnings = re.findall(r"^warning\[\]=(\w+-\d+)\|([^|]*)", report, re.MULTILINE)
    assert [one for one in warnings if one[0] not in MAY_WARN] == [], warnings
    assert int(re.search(r"^hardening_index=(\d+)", report, re.MULTILINE)[1]) >= LYNIS


MAY_WARN = {
    # Of the machine under the container, and of what no application needs.
    *("NETW-2705", "PKGS-7392", "MAIL-8818", "FIRE-4512"),
}
