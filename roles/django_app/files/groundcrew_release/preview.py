"""Build a release as far as Django can be asked, say what it found, and remove it again: what serves never notices."""

from typing import Any

from . import build, commands, migrations, missing, plan, records, source, summary
from .application import Application
from .steps import Steps


def preview(application: Application, by: str, leads: bool, steps: Steps) -> dict[str, Any]:  # noqa: ARG001 - as build
    """Return what a deploy would bring.

    :raises FailedError: the release cannot be built.
    """
    with migrations.explained(steps, migrations.Progress()):
        with steps.step("find"):
            revision, name = build.find(application)
        record = records.read(application, name)
        if record:
            with steps.step("describe"):
                described, choices = commands.describe(application, name), record.get("choices", [])
            version = record["version"]
        else:
            with build.whole(application, name, steps, keep=False):
                project, described = build.make(application, name, revision, steps)
                choices = [str(one) for one in project.choices]
                version = source.version(application, application.release(name))
                steps.notes += missing.front_end(application.release(name), described.get("front_end", {}))
    serves = plan.state(application, name, record) == "serving"
    known = "serves already" if serves else "is on this host already" if record else "would be built"
    pending, replaced = described["pending"], described["replaced"]
    text = f"{application.name}: {name} of {version} {known}"
    counted = f"{len(pending)} migrations are pending, {len(replaced)} settings replaced"
    return {
        "changed": False,
        "id": name,
        "known": record is not None,
        "version": version,
        "revision": revision,
        "django": described["django"],
        "python": described["python"],
        "pending": pending,
        "replaced": replaced,
        "choices": choices,
        "msg": f"{text}; {counted}.",
        "text": [
            f"{text}, revision {revision[:12]}, with Django {described['django']} on Python {described['python']}.",
            *(["What was found:", *(f"  {one}" for one in choices)] if choices else []),
            *steps.hints,
            *(f"Note: {note}" for note in described["notes"]),
            *(summary.whole(pending, replaced) or ["No migration is pending, and no setting is replaced."]),
        ],
    }
