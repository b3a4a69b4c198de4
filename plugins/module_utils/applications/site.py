"""What Nginx would refuse of a site: sizes, directives, addresses, hashes of passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import networks
from .findings import Finding
from .resolve import Application

SIZE = re.compile("[0-9]+[kKmMgG]?")
HASHED = re.compile(r"(\$[0-9a-z]+\$|\{(SHA|SSHA|PLAIN)\}).+|[./0-9A-Za-z]{13}")


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the site of one application."""
    size = application["client_max_body_size"]
    if not SIZE.fullmatch(size):
        yield application.finding(
            "size", "client_max_body_size", f"is {size}, and takes a number with k, m or g", "10m"
        )
    for number, line in enumerate(application["nginx_directives"]):
        text = str(line).partition("#")[0].strip()
        if text and not text.endswith((";", "{", "}")):
            sentence = "is a directive, and ends with `;`"
            yield application.finding("directive", "nginx_directives", sentence, f"{text};", f"[{number}]")
    for address in networks.wrong(application["maintenance"].get("allow", [])):
        yield application.finding("network", "maintenance", networks.sentence(address), networks.EXAMPLE, ".allow")
    for number, rule in enumerate(application["restricted_paths"]):
        inside = f"[{number}]"
        for address in networks.wrong(rule.get("allow", [])):
            yield application.finding(
                "network", "restricted_paths", networks.sentence(address), networks.EXAMPLE, f"{inside}.allow"
            )
        for name, password in rule.get("basic_auth", {}).items():
            if not HASHED.fullmatch(str(password)):
                sentence = f"has {name}, whose password is no hash: print it with `openssl passwd -6`"
                example = "basic_auth: {alice: $6$...}"
                yield application.finding("password", "restricted_paths", sentence, example, f"{inside}.basic_auth")
