"""What a deploy would do: which release the application asks for, and whether it is there already. Reads only."""

import shutil
from typing import Any

from . import identity, interpreters, records, source, systemd
from .application import Application
from .records import Record

NOTHING: dict[str, Any] = {
    "id": "",
    "state": "absent",
    "serving": "",
    "upload": False,
    "uv": False,
    "version": "",
    "revision": "",
    "site": {},
    "sessions": False,
    "sandbox": [],
}


def state(application: Application, name: str, record: Record | None) -> str:
    """Return absent, built or serving, when it runs: a deploy that was killed after its switch is still to be ended."""
    if not record:
        return "absent"
    if records.serving(application) != name or not records.is_good(application, name):
        return "built"
    down = systemd.show(application.unit(name), "ActiveState")["ActiveState"] in ("inactive", "failed")
    return "built" if down else "serving"


def described(application: Application, record: Record | None) -> dict[str, Any]:
    """Return `site`, `sessions` and `sandbox` of a record; what is empty without one."""
    return {
        "site": records.site(application, record) if record else {},
        "sessions": records.sessions(record) if record else False,
        "sandbox": record.get("sandbox", []) if record else [],
    }


def plan(application: Application, leads: bool = False) -> dict[str, Any]:  # noqa: ARG001
    """Return the release that the application asks for, its state, and what is missing on this host to build it.

    A host on which nothing is laid out yet, as in a first dry run, says so: NOTHING. So does one that has not met an
    abbreviated commit yet. When the release is absent, what it `described` is the release that serves.

    :raises FailedError: the source cannot be reached or has no such version.
    """
    version = {"version": source.wanted(application)}
    tool = {"git": "git", "registry": "skopeo"}.get(application.source.kind)
    if not application.home.is_dir() or (tool and not shutil.which(tool)):
        return NOTHING | version
    serving = records.serving(application)
    revision = source.resolve(application)
    name = identity.compute(application, revision) if revision else ""
    record = records.read(application, name) if name else None
    sent = application.source.kind not in source.SENT or source.sent(application).is_file()
    return (
        version
        | {
            "id": name,
            "state": state(application, name, record),
            "serving": serving,
            "upload": not record and not sent,
            "uv": interpreters.program().is_file(),
            "revision": revision,
        }
        | described(application, record or (records.read(application, serving) if serving else None))
    )
