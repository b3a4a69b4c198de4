"""Where the certificate of a site comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application
from .sources.kinds import expanded

PRIVATE = re.compile(
    r"[^.]+|[0-9.]+|(.+\.)?(local|lan|home|internal|intranet|corp|private|localhost|localdomain|test|invalid)"
)
"""Names and addresses for which no public authority signs."""


def findings(application: Application) -> Iterator[Finding]:
    """Yield what a certificate lacks."""
    certificate, wildcards = application["certificate"], [one for one in application["domains"] if one.startswith("*")]
    source = certificate.get("source")
    if source == "provided":
        needed = ["certificate", "private_key"] + (
            ["rsa_certificate", "rsa_private_key"] if certificate.get("rsa") else []
        )
        if missing := [name for name in needed if not certificate.get(name)]:
            example = "certificate: {source: provided, certificate: files/shop.pem, private_key: files/shop.key}"
            yield application.finding("certificate", "certificate", f"lacks {', '.join(missing)}", example)
        for name in needed:
            path = str(certificate.get(name, ""))
            # Where a relative path starts, Ansible knows.
            if path.startswith(("/", "~")) and not expanded(path).is_file():
                yield application.finding(
                    "no-file", "certificate", f"is {path}, and there is no such file", "", f".{name}"
                )
    if source == "acme" and wildcards and not certificate.get("dns"):
        sentence = f"lacks `dns`: an ACME authority signs {', '.join(wildcards)} for a record in the DNS alone"
        example = "certificate: {source: acme, dns: cloudflare, env: {CLOUDFLARE_DNS_API_TOKEN: ...}}"
        yield application.finding("certificate-dns", "certificate", sentence, example)
    if source == "acme" and "letsencrypt.org" in certificate.get("server", "letsencrypt.org"):
        for name in [one for one in application["domains"] if PRIVATE.fullmatch(one.lower())]:
            sentence = f"asks a public authority for {name}, which is no public host name"
            yield application.finding("private-name", "certificate", sentence, "certificate: {source: selfsigned}")
