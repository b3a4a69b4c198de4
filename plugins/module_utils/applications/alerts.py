"""Alerts and settings of Prometheus and Alertmanager: what they would refuse, or what would tell nobody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

import yaml

from . import specification
from .findings import Finding
from .inventory import Host
from .specification import Unreadable
from .written import LOADER

RULE = ("expr", "for", "keep_firing_for", "labels", "annotations")
DURATION = re.compile(r"0|(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?")
KNOWN = {
    "route": """
        receiver group_by group_wait group_interval repeat_interval matchers match match_re continue routes
        mute_time_intervals active_time_intervals
    """,
    "alertmanager_settings": """
        global templates route receivers inhibit_rules mute_time_intervals time_intervals tracing
    """,
    "prometheus_settings": """
        global rule_files scrape_config_files scrape_configs alerting remote_write remote_read storage tracing runtime
        otlp
    """,
    "global": """
        resolve_timeout http_config smtp_from smtp_hello smtp_smarthost smtp_auth_username smtp_auth_password
        smtp_auth_secret smtp_auth_password_file smtp_auth_identity smtp_require_tls smtp_tls_config slack_api_url
        slack_api_url_file pagerduty_url opsgenie_api_key opsgenie_api_key_file opsgenie_api_url wechat_api_url
        wechat_api_secret wechat_api_corp_id victorops_api_url victorops_api_key victorops_api_key_file telegram_api_url
        webex_api_url scrape_interval scrape_timeout evaluation_interval external_labels query_log_file
    """,
}
"""Keys by where they stand; those of `global` are of both, and may be others in a later version."""
OURS = ("nobody", "mail", "heartbeat")
"""Receivers that an Alertmanager has by itself."""

Wrong = tuple[str, str, str]
"""(The place inside of a variable, what is wrong there, the smallest right example.)"""


def keys(place: str) -> list[str]:
    """Return the keys that are known at a place."""
    return KNOWN[place].split()


@cache
def ours() -> frozenset[str]:
    """Return the names of the alerts that Prometheus has by itself."""
    text = (specification.ROLES / "prometheus/files/alerts.yml").read_text()
    return frozenset(yaml.load(text, LOADER))  # noqa: S506 (a safe loader, in C where there is one)


def findings(host: Host) -> Iterator[Finding]:
    """Yield what is wrong with the alerts and settings of a host; what is no dictionary is told by its type."""
    rules = host.variables.get("prometheus_rules")
    for name, rule_ in rules.items() if isinstance(rules, dict) else ():
        for inside, sentence, example in rule(str(name), rule_):
            place = f"prometheus_rules[{name}]{inside}"
            yield Finding("alert", host.name, "", place, sentence, example)
    for variable in ("alertmanager_settings", "prometheus_settings"):
        said = host.variables.get(variable)
        for inside, sentence, example in settings(said, keys(variable)) if isinstance(said, dict) else ():
            yield Finding("alert", host.name, "", f"{variable}{inside}", sentence, example)


def unknown(name: str, known: Collection[str]) -> str:
    """Return the sentence about a name that is none of those that are known."""
    near = specification.nearest(name, known)
    return f"is no key. Did you mean `{near}`?" if near else f"is no key. There are {', '.join(known)}."


def rule(name: str, said: Any) -> Iterator[Wrong]:
    """Yield what is wrong with an alert: one of ours needs what changes alone, null removes it."""
    near = specification.nearest(name, ours())
    if said is None:
        if name not in ours():
            hint = f" Did you mean `{near}`?" if near else ""
            yield "", f"removes an alert that there is not.{hint}", ""
        return
    if isinstance(said, Unreadable):
        return
    if not isinstance(said, dict):
        yield "", f"is {specification.spelled(said)}, and takes the keys of a rule", "{expr: up == 0, for: 5m}"
        return
    for key in said:
        if key not in RULE:
            yield f".{key}", unknown(key, RULE), ""
    if not said.get("expr") and name not in ours():
        hint = f" Did you mean `{near}`?" if near else ""
        yield "", f"has no `expr`, and none of our alerts is called so.{hint}", "{expr: up == 0, for: 5m}"
    for key in ("for", "keep_firing_for"):
        value = said.get(key)
        if value is not None and not isinstance(value, Unreadable) and not DURATION.fullmatch(str(value)):
            yield f".{key}", f"is {value}, and takes a duration with its unit", f"{key}: 5m"
    for key in ("labels", "annotations"):
        texts = said.get(key)
        if not isinstance(texts, (dict, Unreadable, type(None))):
            yield f".{key}", "takes texts by name", f"{key}: {{severity: warning}}"


def settings(said: dict[str, Any], known: Collection[str]) -> Iterator[Wrong]:
    """Yield keys that a server does not know, and a mail server and a receiver that are none."""
    for key in said:
        if key not in known:
            yield f".{key}", unknown(key, known), ""
    names = said.get("global")
    for key, value in names.items() if isinstance(names, dict) else ():
        if key not in keys("global") and (near := specification.nearest(key, keys("global"), 0.8)):
            yield f".global.{key}", f"is no key. Did you mean `{near}`?", ""
        if key == "smtp_smarthost" and isinstance(value, str) and not re.fullmatch(r"\S+:\d+", value):
            sentence = f"is {value}, and takes a host with its port"
            yield f".global.{key}", sentence, "smtp_smarthost: mail.example.org:587"
    listed = said.get("receivers")
    own = [str(one.get("name")) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not isinstance(listed, Unreadable):
        yield from route(said.get("route"), [*own, *OURS], ".route")


def route(said: Any, receivers: Collection[str], place: str) -> Iterator[Wrong]:
    """Yield keys that are none of a route, and receivers that there are not, also of the routes inside of it."""
    for key, value in said.items() if isinstance(said, dict) else ():
        if key not in keys("route"):
            yield f"{place}.{key}", unknown(key, keys("route")), ""
        elif key == "receiver" and isinstance(value, str) and value not in receivers:
            sentence = f"is {value}, and none of the receivers is called so"
            yield f"{place}.{key}", sentence, f"receivers: [{{name: {value}, ...}}]"
        elif key == "routes" and isinstance(value, list):
            for number, one in enumerate(value):
                yield from route(one, receivers, f"{place}.routes[{number}]")
