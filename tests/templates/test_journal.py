"""Units of the role `journal`: what speaks TLS asks for a certificate, and nobody passes it by."""

import configparser

import pytest
import systemd

CASE = {
    "journal_certificate": "/etc/ssl/groundcrew/x",
    "journal_url": "https://log1:19532",
    "journal_clients": ["10.0.0.7"],
}


@pytest.mark.renders("journal", CASE, {**CASE, "journal_clients": ["10.0.0.7", "fd00::7"], "journal_size": "9G"})
def test_the_server_is_behind_what_asks_for_certificates(files):
    for one, accept in zip(files, ("19532", ":::19532"), strict=True):
        socket = systemd.read(one["remote.socket"])
        # Debian's own is on every address.
        assert socket.all("Socket", "ListenStream") == ["/run/groundcrew-journal/socket"]
        assert socket.one("Socket", "SocketMode") == "0600"
        tls = configparser.ConfigParser(comment_prefixes=(";",))
        tls.read_string("[all]\n" + one["stunnel"])
        section = tls["journal"]
        assert (section["verifychain"], section["requirecert"], section["accept"]) == ("yes", "yes", accept)
        assert section["connect"] == "/run/groundcrew-journal/socket"
        unit = systemd.read(one["groundcrew-journal.service"])
        assert unit.all("Service", "IPAddressDeny")[-1] == "any"
        assert "privkey.pem:/etc/ssl/groundcrew/x/privkey.pem" in unit.all("Service", "LoadCredential")
    allowed = systemd.read(files[1]["groundcrew-journal.service"]).all("Service", "IPAddressAllow")
    assert allowed == ["10.0.0.7", "fd00::7"]
    assert "--vacuum-size=9G" in systemd.read(files[1]["groundcrew-journal-vacuum.service"]).one("Service", "ExecStart")


@pytest.mark.renders("journal", CASE)
def test_a_journal_is_sent_however_long_the_other_host_is_away(files):
    unit = systemd.read(files[0]["upload.service"])
    assert unit.one("Unit", "StartLimitIntervalSec") == "0"
    assert unit.one("Service", "Restart") == "always"
    upload = systemd.read(files[0]["upload.conf"])
    assert upload.one("Upload", "URL") == "https://log1:19532"
    assert upload.one("Upload", "ServerKeyFile").startswith("/run/credentials/systemd-journal-upload.service/")
