"""What a project evidently runs beside a web server for WSGI: ASGI, and processes that empty the queues it has."""

import shlex
from dataclasses import dataclass

from . import queues, settings
from .builds import quoted
from .celery_app import applications, scheduled
from .said import Written, installed, written
from .shape import Asked, Project
from .tree import Tree

QUEUES = {
    "django_rq": ("rq", "python manage.py rqworker {rq}"),
    "django_q": ("queue", "python manage.py qcluster"),
    "huey.contrib.djhuey": ("huey", "python manage.py run_huey"),
    "django_dramatiq": ("dramatiq", "python manage.py rundramatiq"),
    "procrastinate.contrib.django": ("procrastinate", "python manage.py procrastinate worker"),
    "django_tasks.backends.database": ("tasks", "python manage.py db_worker{tasks}"),
    "django_tasks_db": ("tasks", "python manage.py db_worker{tasks}"),
}
"""Applications that bring a command for their worker, as their documentation has it."""
SERVERS = ("channels", "daphne")
STORED = "django_celery_beat"


@dataclass(frozen=True)
class Process:
    """A process that an inventory may list. `reason` names the file that shows it."""

    name: str
    run: str
    reason: str
    singleton: bool = False


def celery(tree: Tree, project: Project, application: str, said: Written) -> list[Process]:
    """Return the worker of Celery, and its scheduler when something is scheduled."""
    found = applications(tree, project)
    if not found:
        return []
    module = settings.module(found[0], project.roots)
    # Celery itself looks for the module `celery` of a package.
    name = module.removesuffix(".celery")
    made = [Process("celery", f"celery --app {name} worker --loglevel INFO", found[0])]
    if installed(said.texts, STORED):
        scheduler = "--scheduler django_celery_beat.schedulers:DatabaseScheduler"
    else:
        scheduler = f"--schedule /srv/{application}/cache/beat"
    if scheduled(tree, found[0], said):
        made.append(Process("beat", f"celery --app {name} beat {scheduler}", found[0], singleton=True))
    return made


def processes(tree: Tree, project: Project, application: str) -> tuple[Process, ...]:
    """Return the processes that the project of this application shows in its settings and modules."""
    said = written(tree, project)
    rq = shlex.join(queues.named(said.statements, "RQ_QUEUES")) or "default"
    others = ",".join(queues.of_tasks(said.statements))
    tasks = f" --queue-name {shlex.quote(others)}" if others and others != "default" else ""
    texts = said.texts
    made = [
        Process(name, run.format(rq=rq, tasks=tasks), said.path)
        for app, (name, run) in QUEUES.items()
        if installed(texts, app)
    ]
    unique = {one.name: one for one in [*celery(tree, project, application, said), *made]}
    return tuple(unique.values())


def asynchronous(tree: Tree, project: Project) -> str:
    """Return why a project is one for ASGI, "" for one that WSGI serves."""
    said = written(tree, project)
    found = settings.servers(tree, project.working_directory)
    for name in SERVERS if "ASGI_APPLICATION" in said.names else ():
        if installed(said.texts, name):
            return f"{name} is in INSTALLED_APPS: no WebSocket is answered without it"
    if found["asgi.py"] and not found["wsgi.py"] and "WSGI_APPLICATION" not in said.names:
        return f"{found['asgi.py'][0]} has all that it serves: there is no wsgi.py"
    return ""


def interface(tree: Tree, project: Project) -> str:
    """Return "asgi" for a project that is made for it, else "wsgi"."""
    return "asgi" if asynchronous(tree, project) else "wsgi"


def beside(tree: Tree, project: Project, asked: Asked) -> tuple[str, ...]:
    """Return keys of the inventory, as YAML, that would run what it leaves out; nothing when that is nothing."""
    lines = []
    if asked.interface != "asgi" and (reason := asynchronous(tree, project)):
        lines.append(f"  interface: asgi  # {reason}")
    found = () if asked.queue else processes(tree, project, asked.name)
    if found:
        lines.append("  processes:")
    for one in found:
        only = ", singleton: true" if one.singleton else ""
        lines.append(f"    - {{name: {one.name}, run: {quoted(one.run)}{only}}}  # {one.reason}")
    return tuple(lines)
