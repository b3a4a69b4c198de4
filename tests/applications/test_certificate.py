"""Certificates that are files of the controller, and those that a host has as variables."""

import pytest
from applications.every import resolve_all
from applications.inventory import Host, Request

from inventories import make_host, mistakes

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"
HASH = "$6$salt$hash"
CONSOLES = {
    "prometheus_domain": "monitor.example.org",
    "prometheus_basic_auth": {"a": HASH},
    "alertmanager_mail": "ops@example.org",
    "base_address": "10.0.0.5",
}


def inventory(tmp_path, certificate, held=()):
    """Return a host whose application has this certificate, and an inventory with these files: {name: content}."""
    for name, content in dict(held).items():
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / name).write_text(content)
    host = make_host(apps={"certificate": {"source": "provided", **certificate}})
    return Host(host.name, host.groups, host.variables, host.names, str(tmp_path))


PAIR = {"certificate": "files/shop.pem", "private_key": "files/shop.key"}


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ({}, "`certificate.certificate` is files/shop.pem, and there is no such file: a relative path starts at the"),
        ({"shop.pem": CERTIFICATE}, "`certificate.private_key` is files/shop.key, and there is no such file"),
        ({"shop.pem": KEY, "shop.key": CERTIFICATE}, "is files/shop.pem, which holds no certificate"),
        ({"shop.pem": CERTIFICATE, "shop.key": CERTIFICATE}, "is files/shop.key, which holds no private key"),
        ({"shop.pem": "", "shop.key": KEY}, "is files/shop.pem, which holds no certificate"),
    ],
)
def test_files_that_are_not_what_they_should_be(tmp_path, held, words):
    assert words in "\n".join(mistakes(inventory(tmp_path, PAIR, held)))


@pytest.mark.parametrize("key", [KEY, "$ANSIBLE_VAULT;1.1;AES256\n6162\n", CERTIFICATE + KEY])
def test_files_of_the_inventory_are_found_by_their_whole_path(tmp_path, key):
    host = inventory(tmp_path, PAIR, {"shop.pem": CERTIFICATE, "shop.key": key})
    result, found = resolve_all([host], Request())
    assert found == []
    made = result["hosts"]["web1"]["applications"][0]["certificate"]
    assert made["certificate"] == str(tmp_path / "files/shop.pem")
    assert made["private_key"] == str(tmp_path / "files/shop.key")


@pytest.mark.parametrize(
    ("groups", "variables", "words"),
    [
        (
            ["monitoring"],
            {"prometheus_domain": "monitor.local", "prometheus_certificate": {"source": "acme"}},
            "`prometheus_certificate` asks a public authority for monitor.local",
        ),
        (
            ["monitoring"],
            {"prometheus_certificate": {"source": "provided"}},
            "`prometheus_certificate` lacks certificate, private_key. For example: prometheus_certificate: {",
        ),
        (
            ["monitoring"],
            {"prometheus_certificate": {"source": "acme", "webroot": "/srv/acme"}},
            "`prometheus_certificate.webroot` is /srv/acme, and takes /var/www/acme",
        ),
        (
            ["postgresql"],
            {"postgresql_certificate": {"domains": ["*.example.org"], "source": "acme"}},
            "`postgresql_certificate` lacks `dns`: an ACME authority signs *.example.org for a record",
        ),
        (
            ["postgresql"],
            {"postgresql_certificate": {"domains": ["a.org"], "source": "provided", **PAIR}},
            "`postgresql_certificate.certificate` is files/shop.pem, and there is no such file: it begins with",
        ),
        (
            ["postgresql"],
            {"postgresql_certificate": {"domains": ["a.org"], "dns": "cloudflare"}},
            "`postgresql_certificate` has dns, which `source: acme` reads",
        ),
        (
            ["postgresql"],
            {"postgresql_certificate": {"domains": ["a.org"], "source": "acme", "dns": "x", "env": {"A": True}}},
            "`postgresql_certificate.env` has A, which YAML reads as",
        ),
    ],
)
def test_a_certificate_of_a_host(groups, variables, words):
    web = make_host(apps={})
    host = make_host("other", groups, **{**(CONSOLES if "monitoring" in groups else {}), **variables})
    assert words in "\n".join(mistakes(web, host))


@pytest.mark.parametrize(
    ("groups", "variables"),
    [
        (["monitoring"], {**CONSOLES, "prometheus_certificate": {"source": "acme"}}),
        (["postgresql"], {"postgresql_certificate": {"domains": ["db.a.org"], "source": "acme", "webroot": "/srv/a"}}),
        (["postgresql"], {"postgresql_certificate": {"domains": ["*.a.org"], "source": "acme", "dns": "route53"}}),
    ],
)
def test_a_certificate_of_a_host_that_is_right(groups, variables):
    assert mistakes(make_host(apps={}), make_host("other", groups, **variables)) == []
