"""Go back to an earlier release, with the server that it had."""

from typing import Any

from . import activate, plan, records
from .application import Application, Probe
from .steps import FailedError, Steps


def find(application: Application, release: str = "") -> records.Record:
    """Return the record of the release that is named, or of the newest good one that does not serve.

    :raises FailedError: there is none.
    """
    known = records.releases(application)
    for record in known:
        if record["id"] == release or (not release and record["state"] in ("previous", "good")):
            return record
    wanted = f"release {release}" if release else "earlier good release"
    on_disk = ", ".join(f"{record['id']} ({record['state']})" for record in known)
    raise FailedError(f"There is no {wanted} to go back to. On disk are: {on_disk or 'none'}.")


def check_schema(application: Application, record: records.Record, serving: str) -> None:
    """Refuse a release that the database has outgrown.

    :raises FailedError: with the commands that undo what is too much.
    """
    from . import commands

    served = (records.read(application, serving) or {}).get("django", {})
    migrations = record.get("django", {}).get("migrations", {})
    ahead = commands.ahead(application, serving, migrations, commands.migrated(served))
    if not ahead:
        return
    undo = [f"{application.name}-manage {one['command']}" for one in ahead]
    lost = [name for one in ahead for name in one["irreversible"]]
    raise FailedError(
        f"The database is ahead of release {record['id']}. Undo the migrations first, with the release that serves, or "
        "go back without that, if the old code can live with the new schema: --allow-schema-ahead "
        "(playbook: -e allow_schema_ahead=true).",
        "\n".join(undo + ([f"irreversible: {', '.join(lost)}"] if lost else [])),
    )


def target(application: Application, release: str = "", allow_schema_ahead: bool = False) -> dict[str, Any]:
    """Return the release that a rollback would go to, as `described` and `serving`; refuses as it does."""
    record, serving = find(application, release), records.serving(application)
    if serving and serving != record["id"] and not allow_schema_ahead:
        check_schema(application, record, serving)
    return described(application, record) | {"serving": serving}


def described(application: Application, record: records.Record) -> dict[str, Any]:
    """Return {id, version, site, sessions, sandbox} of a release."""
    return {"id": record["id"], "version": record["version"]} | plan.described(application, record)


def rollback(
    application: Application,
    release: str,
    by: str,
    steps: Steps,
    allow_schema_ahead: bool = False,
    fresh_environment: bool = False,
) -> dict[str, Any]:
    """Let an earlier release serve again; return {changed, id, before, version, site, sessions, sandbox}.

    The release that it leaves stays on disk, and `activate` goes forward to it without a build.

    :raises FailedError: there is none, the database is ahead of it, or it does not serve; what served before does.
    """
    began, seen = activate.read_attempt(application), records.serving(application)
    known = records.results(application).get(began.id, {}) if began else {}
    recovered = activate.recover(application, steps)
    serving = records.serving(application)
    if began and not release and known.get("began") != began.began:
        # An interrupted rollback is done; a new release that took the traffic is left for what served before it.
        release = began.id if known.get("result") == "good" else serving if began.id == seen else ""
    record = find(application, release)
    same = record["id"] == serving and activate.serves(application, serving)
    if not same:
        if serving and serving != record["id"] and not allow_schema_ahead:
            with steps.step("compare the database"):
                check_schema(application, record, serving)
        if fresh_environment:
            from . import environment

            with steps.step("write the environment"):
                environment.refresh(application, record)
        recorded = record.get("probe") or {}
        asked = Probe(**recorded | {"status": tuple(recorded.get("status", ()))}) if recorded else application.probe
        left = serving if serving and serving != record["id"] else ""
        activate.switch(application, record["id"], by, steps, asked, left)
        note_site(application, record, serving, steps)
    changed = activate.finish(application, record["id"], steps, switched=not same) or not same or recovered
    return {"changed": changed, "before": left_of(serving, record)} | described(application, record)


def left_of(serving: str, record: records.Record) -> str:
    """Return the release that served before, "" when it is the same."""
    return "" if serving == record["id"] else serving


def note_site(application: Application, record: records.Record, serving: str, steps: Steps) -> None:
    """Say what a rollback cannot bring back by itself: Nginx's site."""
    before = records.read(application, serving) or record
    old, new = records.site(application, before), records.site(application, record)
    names = {"static": "static_url", "media": "media_url", "hsts": "hsts"}
    if different := [names[key] for key in names if old[key] != new[key]]:
        steps.notes.append(
            f"Nginx's site is still that of {serving}: {', '.join(different)} of {record['id']} differ. Run "
            "playbooks/site.yml, or next time playbooks/rollback.yml instead of this command."
        )
    if before.get("sandbox", []) != record.get("sandbox", []):
        steps.notes.append(f"Until a playbook brings theirs, processes and timers have the sandbox of {serving}.")
