"""What Nginx would refuse of a site: sizes, directives, addresses, hashes of passwords."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from . import blocks, directives, locations, networks, passwords
from .findings import Finding
from .resolve import Application
from .specification import Unreadable

SIZE = re.compile("0|[1-9][0-9]*[kKmMgG]|[1-9][0-9]{5,}")
"""0 is any size; without a letter it is bytes, and few of them were meant to be more."""
EXAMPLE = "client_max_body_size: 10m"

PATH = re.compile(r"/[^\x00-\x1f\x7f?#%]*")
WELL_KNOWN = "/.well-known/"
OWN = (f"{WELL_KNOWN}acme-challenge/", f"{WELL_KNOWN}health/", "/.groundcrew/")
"""Prefixes that each site has for itself."""
FOLDER = re.compile(r"/[^\x00-\x1f\x7f$]*")


def folders(application: Application) -> Iterator[Finding]:
    """Yield prefixes and folders of files that Nginx would not take, or not for what they are."""
    taken: dict[str, str] = {}
    for key in ("static", "media"):
        for path, folder in application[key].items():
            example = f"{key}: {{/{path.strip('/') or key}/: /srv/{application.name}/{key}}}"
            if path.strip() == "/":
                yield application.finding("prefix", key, "has `/`, which is the application itself", example)
            elif not PATH.fullmatch(path):
                sentence = f"has {path}, and takes paths of the site, each of which begins with `/`"
                yield application.finding("prefix", key, sentence, example)
            elif locations.prefix(path).startswith(OWN) or locations.prefix(path) == WELL_KNOWN:
                sentence = f"has {path}, where the host answers for certificates and for its health: name another"
                yield application.finding("prefix", key, sentence, f"{key}: {{/.well-known/matrix/: {folder}}}")
            if not isinstance(folder, Unreadable) and not FOLDER.fullmatch(str(folder)):
                sentence = f"has {path}: {folder}, and takes a whole path of the host, without `$`"
                yield application.finding("prefix", key, sentence, example)
            own = f"/etc/django/{application.name}/release/"
            if str(folder).startswith(own):
                found = f"/srv/{application.name}/current/{str(folder).removeprefix(own)}"
                sentence = f"has {folder}, which the application's processes see and Nginx does not"
                yield application.finding("prefix", key, sentence, f"{key}: {{{path}: {found}}}")
            prefix = locations.prefix(path)
            if prefix in taken:
                sentence = f"has {prefix}, and so does `{taken[prefix]}`: one folder answers for a path"
                yield application.finding("repeated", key, sentence)
            taken[prefix] = key


def places(application: Application) -> set[str]:
    """Return the paths that the site has a location for; what nobody says is what nearly all projects have."""
    rules = [rule for rule in application["restricted_paths"] if isinstance(rule.get("path"), str)]
    said: list[dict[str, str]] = [dict(application[key]) for key in ("static", "media")]
    usual = {"/static/"} if application["overlay"] and not said[0] else set()
    texts = [{str(path): str(folder) for path, folder in one.items()} for one in said]
    return {"/", *usual, *(one["path"] for one in locations.locations(texts[0], texts[1], rules))}


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the site of one application."""
    size = application["client_max_body_size"]
    if not SIZE.fullmatch(size):
        yield application.finding(
            "size", "client_max_body_size", f"is {size}, and takes a number with k, m or g", EXAMPLE
        )
    try:
        lines = [str(line) for line in application["nginx_directives"]]
        for wrong, right in [*directives.problems(lines), *blocks.problems(lines, places(application))]:
            yield application.finding("directive", "nginx_directives", f"has {wrong}", right)
    except directives.Broken as broken:
        example = "nginx_directives: ['add_header X-Shop yes;']"
        yield application.finding("directive", "nginx_directives", f"has {broken}", example)
    page = application["maintenance"].get("page", "")
    if re.fullmatch(r"\S+\.html?", page):
        sentence = f"is {page}, and takes the page itself"
        example = "page: \"{{ lookup('ansible.builtin.file', 'closed.html') }}\""
        yield application.finding("page", "maintenance", sentence, example, ".page")
    for address in networks.wrong(application["maintenance"].get("allow", []), ()):
        yield application.finding("network", "maintenance", networks.sentence(address), networks.EXAMPLE, ".allow")
    yield from folders(application)
    paths = Counter(str(rule.get("path")) for rule in application["restricted_paths"])
    for path in [path for path, count in paths.items() if count > 1]:
        sentence = f"has `path: {path}` {paths[path]} times: put all addresses and names into one"
        yield application.finding("repeated", "restricted_paths", sentence)
    for number, rule in enumerate(application["restricted_paths"]):
        inside = f"[{number}]"
        if not PATH.fullmatch(str(rule.get("path", "/"))):
            sentence = f"is {rule['path']}, and takes a path as browsers show it, with `/` first and nothing encoded"
            yield application.finding("path", "restricted_paths", sentence, "path: /admin/", f"{inside}.path")
        for address in networks.wrong(rule.get("allow", []), ("all", "unix:")):
            yield application.finding(
                "network", "restricted_paths", networks.sentence(address), networks.EXAMPLE, f"{inside}.allow"
            )
        for sentence in passwords.wrong(rule.get("basic_auth", {})):
            example = "basic_auth: {alice: $6$...}"
            yield application.finding("password", "restricted_paths", sentence, example, f"{inside}.basic_auth")
