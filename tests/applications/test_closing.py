"""What a run ends with: where applications answer, and what waits for somebody."""

from applications import closing, machines

SHOP = {"name": "shop", "state": "present", "site": {"domains": ["shop.example.org", "www.shop.example.org"]}}
GONE = {"name": "old", "state": "absent", "site": {"domains": ["old.example.org"]}}
HOSTS = {"web1": [SHOP, GONE], "web2": [SHOP]}


def told(**answers):
    """Return the lines for hosts that answer these texts."""
    return closing.lines(HOSTS, {name: machines.parse(text) for name, text in answers.items()})


def test_an_application_is_named_with_its_addresses_and_its_release():
    addresses = "shop: https://shop.example.org, https://www.shop.example.org"
    assert told(web1="release=shop abc\nrelease=old def", web2="release=shop abc") == [
        f"{addresses} serves abc on web1, web2"
    ]
    # A release that reached one host alone is seen.
    assert told(web1="release=shop abc", web2="release=shop def") == [
        f"{addresses} serves abc on web1, serves def on web2"
    ]


def test_what_serves_nothing_is_left_out():
    assert told(web1="release=shop", web2="") == []


def test_what_waits_for_somebody_is_told():
    assert told(web1="reboot=linux-image-amd64\nreboot=libc6", web2="reboot=\nfailed=shop-worker-clock.service") == [
        "web1 waits for a reboot (linux-image-amd64, libc6): `sudo reboot` when it suits",
        "web2 waits for a reboot: `sudo reboot` when it suits",
        "web2 has units that failed: shop-worker-clock.service. Why: `systemctl status shop-worker-clock.service`",
    ]


def test_alerts_that_no_mail_server_takes_are_told():
    (line,) = closing.waiting("web1", {"unmailed": [""]})
    assert line.startswith("web1 mails no alert, since nothing listens on its port 25.")
    assert "smtp_smarthost" in line


def test_consoles_are_where_the_inventory_says():
    sites = {"mon1": ("m.example.org", "present"), "web1": ("", "absent")}
    monitoring = {
        host: {"consoles": {"site": {"domains": [domain], "state": state}}} for host, (domain, state) in sites.items()
    }
    assert closing.shown({**monitoring, "db1": {}}) == ["consoles: https://m.example.org on mon1"]
