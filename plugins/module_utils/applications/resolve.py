"""An application, resolved: every key with its value, whoever said it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import keys, server_ports, specification, words
from .findings import Finding
from .inventory import Host, Request
from .specification import Option, Problem, Unreadable

MERGED = frozenset({"probe"})
"""Keys of which an application may say a part: the rest is that of the flat variable."""


@dataclass(frozen=True)
class Application:
    """One application of one host.

    `values` has every key, typed; `places` says where each was said: the key, a flat variable, "" for nowhere.
    """

    host: Host
    name: str
    values: Mapping[str, Any]
    places: Mapping[str, str] = field(default_factory=dict)
    wrong: frozenset[str] = frozenset()  # keys whose value is of another type: they have their default meanwhile

    def __getitem__(self, key: str) -> Any:
        """Return the value of a key."""
        return self.values[key]

    @property
    def present(self) -> bool:
        """Whether it is to be there."""
        return bool(self.values["state"] == "present")

    def finding(self, kind: str, key: str, sentence: str, example: str = "", inside: str = "") -> Finding:
        """Return a finding about a key, at the place where its value was said; `inside` goes on, as `[0].path`."""
        place = self.places.get(key) or key
        return Finding(kind, self.host.name, self.name, place + inside, sentence, example)


def choose(key: str, given: Mapping[str, Any], host: Host, provided: Mapping[str, Any]) -> tuple[Any, str]:
    """Return (value, place) of a key: the order of precedence. The value is None where nobody says one.

    The application itself, then the flat variable of its host, then what the host's groups provide, then (by the
    caller) the default of the specification. Null is as good as left out.
    """
    flat = keys.keys()[key].flat
    own, shared = given.get(key), host.variables.get(flat)
    if key in MERGED and isinstance(own, dict) and isinstance(shared, dict):
        return {**shared, **own}, key
    if own is not None:
        return own, key
    if shared is not None:
        return shared, flat
    return provided.get(key), ""


def provide(host: Host, name: str, queue: bool) -> dict[str, str]:
    """Return the URLs of what the host's own groups provide: over Unix sockets, so that no password exists."""
    urls = {}
    if "mariadb" in host.groups:
        urls["database_url"] = f"mysql:///{name}"
    if "postgresql" in host.groups:
        urls["database_url"] = server_ports.postgresql_url(host, name)
    if "memcached" in host.groups:
        urls["cache_url"] = f"pymemcache:///run/memcached-{name}/memcached.sock"
    if "redis" in host.groups:
        urls["cache_url"] = f"unix:///run/redis-{name}/redis.sock?db=0"
        if queue:
            urls["broker_url"] = f"unix:///run/redis-{name}-broker/redis.sock?db=0"
    return urls


def entries(host: Host) -> tuple[list[tuple[str, dict[str, Any]]], list[Finding]]:
    """Return the applications of a host as the inventory has them, [(label, keys)], and what is wrong with the list."""
    listed = host.variables.get("django_apps")
    findings, found = [], []
    if isinstance(listed, dict):
        listed = [{"name": name, **one} if isinstance(one, dict) else one for name, one in listed.items()]
    if isinstance(listed, Unreadable):
        findings.append(Finding("unreadable", host.name, "", "django_apps", f"cannot be evaluated: {listed.reason}"))
    elif listed is None and (instead := miscalled(host.names)):
        sentence = "is not where a host of the group `django` has its applications: call it `django_apps`"
        findings.append(Finding("no-applications", host.name, "", instead, sentence, APPLICATION))
    elif listed is None and any(path.endswith(".django_apps") for path in host.too_deep):
        pass  # `variables` says so
    elif not isinstance(listed, list) or not listed:
        sentence = "lists no application, and the host is in the group `django`"
        findings.append(Finding("no-applications", host.name, "", "django_apps", sentence, APPLICATION))
    for number, one in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(one, dict):
            found.append((labelled(one.get("name"), number), {str(key): one[key] for key in one}))
        else:
            reason = f"cannot be evaluated: {one.reason}" if isinstance(one, Unreadable) else "is no dictionary"
            findings.append(Finding("no-application", host.name, "", f"django_apps[{number}]", reason, APPLICATION))
    return found, findings


def labelled(name: Any, number: int) -> str:
    """Return what an application is called in findings: its name, as a text, or else its place in the list."""
    named = isinstance(name, (str, int)) and not isinstance(name, bool)
    return str(name) if named else f"django_apps[{number}]"


def miscalled(names: Iterable[str]) -> str:
    """Return the variable of a host that is meant to be `django_apps`, "" for none; `variables` knows misspelt ones."""
    known = set(names)
    return next((one for one in words.APPS if one in known), "")


APPLICATION = "django_apps: [{name: shop, source: https://git.example.org/shop.git, domains: [shop.example.org]}]"


def resolve(host: Host, label: str, given: dict[str, Any], request: Request) -> tuple[Application, list[Finding]]:
    """Return an application complete, and what is wrong with its keys by the specifications alone."""
    asked = bool(request.version) and request.app in ("", label)
    given = {**given, "version": request.version} if asked else given
    absent = given.get("state") == "absent"
    queue = bool(choose("processes", given, host, {})[0])
    provided = provide(host, label, queue)
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    problems: list[Problem] = [unknown(name) for name in given if name not in keys.options()]
    wrong = set()
    for name, key in keys.keys().items():
        value, places[name] = choose(name, given, host, provided)
        of_key: list[Problem] = []
        if value is None and key.option.required and not (absent and name != "name"):
            example = specification.EXAMPLES.get(name, "")
            problems.append(Problem("missing-key", name, f"is missing. {key.option.description}", example))
        if value is not None:
            value = specification.check(key.option, value, places[name] or name, of_key, host.written)
        if of_key:
            wrong.add(name)
        if value is None or of_key:
            value = unsaid(key.option)
        problems += of_key
        values[name] = value
    values["name"] = values["name"] or label
    places |= {"version": "-e version"} if asked else {}
    found = [to_finding(problem, host, label) for problem in problems]
    return Application(host, label, values, places, frozenset(wrong)), found


def unsaid(option: Option) -> Any:
    """Return what a key means that nobody says: its default, complete; what is empty if it is required; else None."""
    if option.default is None and not option.required:
        return None
    return specification.check(option, option.empty, "", [])


def unknown(name: str) -> Problem:
    """Return the problem of a key that no role has."""
    known = keys.options()
    if (new := words.KEYS.get(name)) in known:
        return Problem("renamed", name, f"is called `{new}` now")
    near = specification.nearest(name, known)
    return Problem("unknown-key", name, "is no key of an application." + (f" Did you mean `{near}`?" if near else ""))


def to_finding(problem: Problem, host: Host, label: str) -> Finding:
    """Return the finding of a problem; one in a flat variable is the host's, however many applications read it."""
    application = "" if problem.path.startswith(keys.FLAT) else label
    return Finding(problem.id, host.name, application, problem.path, problem.sentence, problem.example)
