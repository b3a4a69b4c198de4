"""What Nginx would refuse of a site: sizes, directives, addresses, hashes of passwords."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from . import directives, networks, values
from .findings import Finding
from .resolve import Application
from .specification import Unreadable

SIZE = re.compile("[0-9]+[kKmMgG]?")
EXAMPLE = "client_max_body_size: 10m"
HASHED = re.compile(r"(\$[0-9a-z]+\$|\{(SHA|SSHA)\}).+")


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the site of one application."""
    size = application["client_max_body_size"]
    if not SIZE.fullmatch(size):
        yield application.finding(
            "size", "client_max_body_size", f"is {size}, and takes a number with k, m or g", EXAMPLE
        )
    try:
        for wrong, right in directives.problems([str(line) for line in application["nginx_directives"]]):
            yield application.finding("directive", "nginx_directives", f"has {wrong}", right)
    except directives.Broken as broken:
        example = "nginx_directives: ['add_header X-Shop yes;']"
        yield application.finding("directive", "nginx_directives", f"has {broken}", example)
    for wrong, right in values.gunicorn_settings(application["gunicorn_settings"]):
        example = f"gunicorn_settings: {right}" if right.startswith("{") else right
        yield application.finding("gunicorn", "gunicorn_settings", wrong, example)
    for key in ("static", "media"):
        for prefix, folder in application[key].items():
            if not prefix.startswith("/"):
                sentence = f"has {prefix}, and takes paths of the site, each of which begins with `/`"
                yield application.finding("prefix", key, sentence, f"{key}: {{/{prefix.strip('/')}/: {folder}}}")
            elif not isinstance(folder, Unreadable) and not str(folder).startswith("/"):
                sentence = f"has {prefix}: {folder}, and takes a whole path of the host"
                yield application.finding("prefix", key, sentence, f"{key}: {{{prefix}: /srv/shop/{key}}}")
    yield from locations(application)
    page = application["maintenance"].get("page", "")
    if re.fullmatch(r"\S+\.html?", page):
        sentence = f"is {page}, and takes the page itself"
        example = "page: \"{{ lookup('ansible.builtin.file', 'closed.html') }}\""
        yield application.finding("page", "maintenance", sentence, example, ".page")
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


def locations(application: Application) -> Iterator[Finding]:
    """Yield paths of the site that are said twice: Nginx takes each once."""
    said = [("restricted_paths", str(rule.get("path"))) for rule in application["restricted_paths"]]
    said += [(key, f"{prefix.rstrip('/')}/") for key in ("static", "media") for prefix in application[key]]
    counted = Counter(path for _, path in said)
    for key, path in dict.fromkeys(said):
        if counted[path] > 1:
            sentence = f"has `path: {path}` {counted[path]} times, and Nginx takes it once"
            yield application.finding("repeated", key, sentence)
        elif key != "restricted_paths" and path == "/":
            sentence = "has `/`, which is the application itself"
            yield application.finding("prefix", key, sentence, f"{key}: {{/{key}/: /srv/shop/{key}}}")
