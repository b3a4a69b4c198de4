"""Find out whether a release can be installed, before anything else is made for it: nothing stays.

The source is read, its Python is there or is refused, and what no lock decides is resolved with what the index says. A
lock says by itself which Python it takes.
"""

from typing import Any

from . import build, compiled, migrations, records, requirements, source
from .application import Application
from .project import Project
from .steps import Steps


def resolve(application: Application, steps: Steps) -> dict[str, Any]:
    """Return that the release can be installed, as far as that shows without doing it.

    :raises FailedError: it cannot.
    """
    with migrations.explained(steps, migrations.Progress()):
        with steps.step("find"):
            revision, name = build.find(application)
        if not records.read(application, name):
            with build.whole(application, name, steps, keep=False):
                project = build.read(application, name, revision, steps)
                if source.is_image(application):
                    return {"changed": False, "msg": f"{application.name}: the image of {name} can serve."}
                with steps.step("venv"):
                    requirements.create(application, application.release(name), project)
                with steps.step("resolve"), compiled.explained(application, name):
                    rehearse(application, name, project)
    return {"changed": False, "msg": f"{application.name}: the requirements of {name} can be installed."}


def rehearse(application: Application, name: str, project: Project) -> None:
    """Let uv resolve what is listed, and install none of it."""
    if any(one.locked for one in project.dependencies):
        return
    release = application.release(name)
    options = ["--dry-run", "--quiet", "--python", "venv", "--requirements", "requirements.txt"]
    options += requirements.write(application, release, project, application.constraints)
    with requirements.access(application, release) as variables:
        words = ["pip", "install", *options, *requirements.pyprojects(project)]
        requirements.uv(application, release, release, *words, variables=variables)
