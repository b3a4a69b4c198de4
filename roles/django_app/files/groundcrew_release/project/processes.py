"""What a project evidently runs beside a web server for WSGI: ASGI, and processes that empty the queues it has."""

import re
from dataclasses import dataclass

from . import settings
from .shape import Asked, Project
from .tree import Tree, join

QUEUES = {
    "django_rq": ("rq", "python manage.py rqworker default"),
    "django_q": ("queue", "python manage.py qcluster"),
    "huey.contrib.djhuey": ("huey", "python manage.py run_huey"),
    "django_dramatiq": ("dramatiq", "python manage.py rundramatiq"),
    "procrastinate.contrib.django": ("procrastinate", "python manage.py procrastinate worker"),
    "django_tasks.backends.database": ("tasks", "python manage.py db_worker"),
    "django_tasks_db": ("tasks", "python manage.py db_worker"),
}
"""Applications that bring a command for their worker, as their documentation has it."""
SERVERS = ("channels", "daphne")
CELERY = re.compile(r"^\s*\w+(?:\s*:\s*\w+)?\s*=\s*(?:celery\.)?Celery\(", re.MULTILINE)
BEAT = re.compile(r"beat_schedule|BEAT_SCHEDULE|django_celery_beat|add_periodic_task")
STORED = "django_celery_beat"


@dataclass(frozen=True)
class Process:
    """A process that an inventory may list. `reason` names the file that shows it."""

    name: str
    run: str
    reason: str
    singleton: bool = False


def written(tree: Tree, project: Project) -> tuple[str, str]:
    """Return the path of the settings, and the text of all modules beside it; ("", "") when the source has none."""
    path = settings.locate(tree, project.settings, project.roots)
    place = path.rpartition("/")[0] or "."
    beside = [join(place, name) for name in tree.inside(place) if name.endswith(".py")] if path else []
    return path, "\n".join(tree.text(one) for one in beside)


def installed(text: str, name: str) -> bool:
    """Say whether settings name an application, in a string of its own or with its configuration."""
    return re.search(rf"""["']{re.escape(name)}(\.apps\.\w+|\.\w*Backend)?["']""", text) is not None


def celery(tree: Tree, project: Project, application: str, text: str) -> list[Process]:
    """Return the worker of Celery, and its scheduler when something is scheduled."""
    found = [path for path in tree.files if path.endswith(".py") and CELERY.search(tree.text(path))]
    if not found:
        return []
    module = settings.module(found[0], project.roots)
    # Celery itself looks for the module `celery` of a package.
    name = module.removesuffix(".celery")
    made = [Process("celery", f"celery --app {name} worker --loglevel INFO", found[0])]
    own = text + tree.text(found[0])
    if installed(own, STORED):
        scheduler = "--scheduler django_celery_beat.schedulers:DatabaseScheduler"
    else:
        scheduler = f"--schedule /srv/{application}/cache/beat"
    if BEAT.search(own):
        made.append(Process("beat", f"celery --app {name} beat {scheduler}", found[0], singleton=True))
    return made


def processes(tree: Tree, project: Project, application: str) -> tuple[Process, ...]:
    """Return the processes that the project of this application shows in its settings and modules."""
    path, text = written(tree, project)
    queues = [Process(name, run, path) for app, (name, run) in QUEUES.items() if installed(text, app)]
    unique = {one.name: one for one in [*celery(tree, project, application, text), *queues]}
    return tuple(unique.values())


def asynchronous(tree: Tree, project: Project) -> str:
    """Return the application in the settings that makes a project one for ASGI, "" for none."""
    _, text = written(tree, project)
    return next((name for name in SERVERS if "ASGI_APPLICATION" in text and installed(text, name)), "")


def interface(tree: Tree, project: Project) -> str:
    """Return "asgi" for a project that is made for it, else "wsgi"."""
    return "asgi" if asynchronous(tree, project) else "wsgi"


def beside(tree: Tree, project: Project, asked: Asked) -> tuple[str, ...]:
    """Return keys of the inventory, as YAML, that would run what it leaves out; nothing when that is nothing."""
    lines = []
    if asked.interface != "asgi" and (name := asynchronous(tree, project)):
        lines.append(f"  interface: asgi  # {name} is in INSTALLED_APPS: no WebSocket is answered without it")
    found = () if asked.queue else processes(tree, project, asked.name)
    if found:
        lines.append("  processes:")
    for one in found:
        only = ", singleton: true" if one.singleton else ""
        lines.append(f"    - {{name: {one.name}, run: {one.run}{only}}}  # {one.reason}")
    return tuple(lines)
