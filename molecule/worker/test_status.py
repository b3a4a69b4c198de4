"""What `playbooks/status.yml` shows of a host with an application, and of a unit that has failed there."""

import re


def test_status(host, play):
    host.run("systemctl start shop-timer-nightly.service")
    done = play("playbooks/status.yml")
    host.check_output("systemctl reset-failed shop-timer-nightly.service")
    assert done.returncode == 2, done.stdout
    release = host.check_output("basename $(readlink /srv/shop/current)")
    # Long lines are broken.
    said = " ".join(done.stdout.split())
    assert re.search(rf"good release {release} of \S+ serves since 20..-..-.. ..:.. UTC by \S+@", said), done.stdout
    assert "good answer / answers with status 200" in said
    assert re.search(r"good certificate-days It holds for \d+ more days", said), done.stdout
    assert "error failed-units shop-timer-nightly.service" in said
    assert "migrations" not in said
