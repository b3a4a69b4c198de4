"""Report errors to a receiver that speaks Sentry's protocol: what failed, where and in which release.

What visitors send, and what the application knows, stays here: an event is made of the parts that are listed below, and
its texts lose queries, passwords of URLs and Django's tokens. A project that wants to send more calls
`sentry_sdk.init()` in its settings, and then nothing of this is used. Receiver, release and environment are in
SENTRY_DSN, SENTRY_RELEASE and SENTRY_ENVIRONMENT, which the SDK reads by itself.
"""

import re
from urllib.parse import urlsplit

import sentry_sdk
from sentry_sdk.consts import DEFAULT_OPTIONS

OPTIONS = {
    "send_default_pii": False,
    "max_request_body_size": "never",
    "include_local_variables": False,
    "max_breadcrumbs": 0,
    # Whom the application calls learns neither its release nor the key of the receiver.
    "trace_propagation_targets": [],
}
"""What is not gathered in the first place; an older SDK does not know all of them, and `clean` does not need them."""
PARTS = (
    *("event_id", "timestamp", "level", "platform", "sdk", "type", "fingerprint"),
    *("server_name", "release", "environment", "dist", "modules"),
    *("transaction", "transaction_info", "logger", "logentry", "message", "exception", "threads", "tags"),
)
"""Not among them: `extra` (arguments of commands and tasks, fields of log records), `user`, `breadcrumbs`."""
CONTEXTS = {"runtime": ("name", "version", "build"), "trace": ("trace_id", "span_id", "parent_span_id", "op", "status")}
HEADERS = ("host", "user-agent", "accept", "accept-language", "content-type", "content-length")
QUOTING = ("_granian", "celery", "granian", "gunicorn", "kombu", "rq", "uvicorn")
"""Whose log records quote the task or the request that they could not handle: their texts go without the values."""
SECRETS = (
    (re.compile(r"(?<=[^\s?])\?[^\s'\"<>]+"), "?***"),
    (re.compile(r"(?<=://)[^\s/@]*@"), "***@"),
    (re.compile(r"(-[0-9a-f]{32}|(:|%3A)[\w-]{43})(?![\w-])"), "***"),
)
"""What a text of a failure has in it: a query, the password of a URL, a token of Django's for a new password."""


def start():
    """Initialise the SDK, and say whether that was needed: a project that names a receiver itself is left alone."""
    # Before version 2 the client was the hub's.
    current = getattr(sentry_sdk, "get_client", lambda: sentry_sdk.Hub.current.client)()
    if current is not None and current.dsn:
        return False
    known = {name: value for name, value in OPTIONS.items() if name in DEFAULT_OPTIONS}
    sentry_sdk.init(before_send=clean, **known)
    return True


def clean(event, _hint):
    """Return an event with what may leave the host."""
    kept = {name: event[name] for name in PARTS if name in event}
    for kind in ("exception", "threads"):
        for one in kept.get(kind, {}).get("values", []):
            one["value"] = said(one.get("value"))
            for frame in (one.get("stacktrace") or {}).get("frames", []):
                frame.pop("vars", None)
    contexts = event.get("contexts", {})
    kept["contexts"] = {
        name: {key: contexts[name][key] for key in keys if key in contexts[name]}
        for name, keys in CONTEXTS.items()
        if name in contexts
    }
    if event.get("logentry") and str(event.get("logger")).partition(".")[0] in QUOTING:
        kept["logentry"] = {"message": event["logentry"].get("message")}
    kept |= {name: said(kept[name]) for name in ("logentry", "message", "transaction") if name in kept}
    if "request" in event:
        kept["request"] = request(event["request"])
    return kept


def request(given):
    """Return of a request its method, its address without the query, and headers that say nothing of who sent it."""
    url = urlsplit(given.get("url", ""))
    headers = {name: value for name, value in given.get("headers", {}).items() if name.lower() in HEADERS}
    address = url._replace(query="", fragment="", netloc=url.netloc.rpartition("@")[2]).geturl()
    return {"method": given.get("method"), "url": said(address), "headers": headers}


def said(value):
    """Return a text without what lets somebody in, and a list or a dictionary with all its texts so."""
    if isinstance(value, str):
        for pattern, instead in SECRETS:
            value = pattern.sub(instead, value)
    elif isinstance(value, dict):
        value = {key: said(one) for key, one in value.items()}
    elif isinstance(value, list):
        value = [said(one) for one in value]
    return value
