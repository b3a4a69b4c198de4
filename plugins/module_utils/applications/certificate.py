"""Where the certificate of a site comes from."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Finding
from .resolve import Application


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
    if source == "acme" and wildcards and not certificate.get("dns"):
        sentence = f"lacks `dns`: an ACME authority signs {', '.join(wildcards)} for a record in the DNS alone"
        example = "certificate: {source: acme, dns: cloudflare, env: {CLOUDFLARE_DNS_API_TOKEN: ...}}"
        yield application.finding("certificate-dns", "certificate", sentence, example)
