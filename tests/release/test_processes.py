"""Which processes and which interface a tree of files shows."""

import pytest
import yaml
from groundcrew_release.project import Asked, read
from groundcrew_release.project.processes import beside, interface, processes
from groundcrew_release.project.tree import Tree

SITE = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "requirements.txt": "Django\n",
    "shop/__init__.py": "",
}
APP = 'from celery import Celery\napp = Celery("shop")\n'
WORKER = ("celery", "celery --app shop worker --loglevel INFO", False)
STORED = "celery --app shop beat --scheduler django_celery_beat.schedulers:DatabaseScheduler"


def settings(*installed, more=""):
    """Return settings (str) that install these applications."""
    return f"INSTALLED_APPS = {['django.contrib.admin', *installed]!r}\n{more}"


@pytest.fixture
def tree(tmp_path):
    """Return a function that writes files, {path: text}, beside the project, and returns the tree and its plan."""

    def make(files):
        for name, text in (SITE | files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Tree(tmp_path), read(tmp_path, Asked())

    return make


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"shop/settings.py": settings()}, []),
        # Installed, and no application of Celery: nothing to start.
        ({"shop/settings.py": settings("django_celery_results")}, []),
        ({"shop/settings.py": settings(), "shop/celery.py": APP}, [WORKER]),
        (
            {"shop/settings.py": settings(more="CELERY_BEAT_SCHEDULE = {}"), "shop/celery.py": APP},
            [WORKER, ("beat", "celery --app shop beat --schedule /srv/store/cache/beat", True)],
        ),
        ({"shop/settings.py": settings("django_celery_beat"), "shop/celery.py": APP}, [WORKER, ("beat", STORED, True)]),
        (
            {"shop/settings.py": settings(), "shop/celery_app.py": APP.replace("app =", "app: Celery =")},
            [("celery", "celery --app shop.celery_app worker --loglevel INFO", False)],
        ),
        (
            {"shop/settings.py": settings("django_rq")},
            [("rq", "python manage.py rqworker default", False)],
        ),
        (
            {"shop/settings.py": settings("django_q.apps.DjangoQConfig")},
            [("queue", "python manage.py qcluster", False)],
        ),
        ({"shop/settings.py": settings("my_django_rq", "django_rqs")}, []),
    ],
)
def test_processes(tree, files, found):
    assert [(one.name, one.run, one.singleton) for one in processes(*tree(files), "store")] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (settings(), "wsgi"),
        # What startproject writes beside WSGI makes no project asynchronous.
        (settings(more='ASGI_APPLICATION = "shop.asgi.application"'), "wsgi"),
        (settings("daphne", more='ASGI_APPLICATION = "shop.asgi.application"'), "asgi"),
        (settings("channels", more='ASGI_APPLICATION = "shop.asgi.application"'), "asgi"),
    ],
)
def test_interface(tree, text, found):
    assert interface(*tree({"shop/settings.py": text})) == found


CHANNELS = {"shop/settings.py": settings("daphne", more='ASGI_APPLICATION = "shop.asgi.application"')}
CELERY = {"shop/settings.py": settings("django_celery_beat"), "shop/celery.py": APP}


@pytest.mark.parametrize(
    ("files", "asked", "found"),
    [
        ({"shop/settings.py": settings()}, {}, None),
        (CHANNELS, {}, {"interface": "asgi"}),
        (CHANNELS, {"interface": "asgi"}, None),
        (
            CELERY,
            {},
            {
                "processes": [
                    {"name": "celery", "run": WORKER[1]},
                    {"name": "beat", "run": STORED, "singleton": True},
                ]
            },
        ),
        (CELERY, {"queue": True}, None),
    ],
)
def test_keys_are_proposed_for_what_the_inventory_leaves_out(tree, files, asked, found):
    """A site made for WebSockets that WSGI serves, and a queue that nobody empties, look well from outside."""
    made, project = tree(files)
    lines = beside(made, project, Asked(name="store", **asked))
    assert yaml.safe_load("\n".join(lines)) == found
    # The plan has what is proposed for the inventory as it is read.
    assert project.beside == beside(made, project, Asked())
