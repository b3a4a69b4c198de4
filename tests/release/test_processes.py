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
QCLUSTER = ("queue", "python manage.py qcluster", False)
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
        # Neither comments nor what is logged or asked for.
        ({"shop/settings.py": 'INSTALLED_APPS = [\n  "x",\n  # "django_rq",\n]\n'}, []),
        (
            {
                "shop/settings.py": settings(
                    more='LOGGING = {"loggers": {"django_rq": {}}}\nif "django_q" in INSTALLED_APPS: pass'
                )
            },
            [],
        ),
        ({"shop/settings.py": settings(more='INSTALLED_APPS.append("django_q")')}, [QCLUSTER]),
        # What another module beside the settings says is nothing that they import.
        ({"shop/settings.py": settings(), "shop/dev.py": settings("django_q")}, []),
        ({"shop/settings.py": settings(more="# CELERY_BEAT_SCHEDULE = {}"), "shop/celery.py": APP}, [WORKER]),
        ({"shop/settings.py": "this is no Python"}, []),
    ],
)
def test_processes(tree, files, found):
    assert [(one.name, one.run, one.singleton) for one in processes(*tree(files), "store")] == found


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        ("shop/config/celery.py", {"docs/celery_example.py": APP}),
        ("shop/celery.py", {"conftest.py": APP}),
        ("shop/celery.py", {"a/celery.py": APP, "shop/a.py": APP}),
        ("shop/config/celery.py", {"shop/test_celery.py": APP, "shop/tests/celery.py": APP, "tests.py": APP}),
        ("core/celery.py", {"benchmarks_old/celery.py": "Celery = 1", "a_tests/celery.py": APP}),
        ("shop/celery.py", {"a.py": '"""\napp = Celery("x")\n"""\n'}),
    ],
)
def test_application_of_celery_is_the_one_of_the_server(tree, path, aside):
    name = path.removesuffix(".py").removesuffix("/celery").replace("/", ".")
    found = processes(*tree({"shop/settings.py": settings(), path: APP, **aside}), "store")
    assert [(one.run, one.reason) for one in found] == [(f"celery --app {name} worker --loglevel INFO", path)]


@pytest.mark.parametrize("path", ["docs/celery_example.py", "conftest.py", "shop/tests/celery.py", "demo/celery.py"])
def test_a_sample_alone_is_no_application_of_celery(tree, path):
    assert processes(*tree({"shop/settings.py": settings(), path: APP}), "store") == ()


def test_a_class_of_its_own_makes_an_application_of_celery(tree):
    text = "import celery\nclass App(celery.Celery):\n    pass\napp = App('shop')\n"
    assert len(processes(*tree({"shop/settings.py": settings(), "shop/celery.py": text}), "store")) == 1


@pytest.mark.parametrize(
    ("text", "queues"),
    [
        ('RQ_QUEUES = {"high": {"HOST": "x"}, "low": {}}', "high low"),
        ('RQ_QUEUES: dict = {"default": {}, "low": {}}', "default low"),
        ("RQ_QUEUES = dict(high={}, low={})", "high low"),
        ('MORE = {"b": {}}\nRQ_QUEUES = {"a": {}, **MORE}\nRQ_QUEUES["c"] = {}\nRQ_QUEUES.update(d={})', "a b c d"),
        ('NAMES = ("a", "b")\nRQ_QUEUES = {name: {"HOST": "x"} for name in NAMES}', "a b"),
        ('RQ_QUEUES = {"a": {}} | {"b": {}}\nRQ_QUEUES |= {"c": {}}\nRQ_QUEUES["a"]["ASYNC"] = False', "a b c"),
        ('RQ_QUEUES = {"a": {}}\nRQ_QUEUES = {"two words": {}}', "'two words'"),
        # Nobody can tell.
        ("RQ_QUEUES = make()", "default"),
        ('# RQ_QUEUES = {"high": {}}', "default"),
    ],
)
def test_queues_are_those_of_the_settings(tree, text, queues):
    made, project = tree({"shop/settings.py": settings("django_rq", more=text)})
    assert [one.run for one in processes(made, project, "store")] == [f"python manage.py rqworker {queues}"]
    keys = yaml.safe_load("\n".join(beside(made, project, Asked(name="store"))))
    assert keys["processes"][0]["run"] == f"python manage.py rqworker {queues}"


@pytest.mark.parametrize(
    ("more", "option"),
    [
        ("", ""),
        (', "QUEUES": ["default"]', ""),
        (', "QUEUES": ["high", "low"]', " --queue-name high,low"),
        (', "QUEUES": make()', ""),
    ],
)
def test_queues_of_tasks_are_those_of_the_settings(tree, more, option):
    text = f'TASKS = {{"default": {{"BACKEND": "django_tasks_db.DatabaseBackend"{more}}}}}'
    made, project = tree({"shop/settings.py": settings("django_tasks_db", more=text)})
    keys = yaml.safe_load("\n".join(beside(made, project, Asked(name="store"))))
    assert keys["processes"] == [{"name": "tasks", "run": f"python manage.py db_worker{option}"}]


BASE = settings("django_q", "daphne", more='ASGI_APPLICATION = "shop.asgi.application"')
INCLUDE = "from split_settings.tools import include, optional\n"


@pytest.mark.parametrize(
    "files",
    [
        {"shop/settings.py": "from core.conf.base import *", "core/conf/base.py": BASE},
        {"shop/settings.py": "from core import conf\nINSTALLED_APPS = conf.INSTALLED_APPS", "core/conf.py": BASE},
        {"shop/settings.py": "import core.conf as base\nA = base.A", "core/conf.py": BASE},
        {"shop/settings.py": "try:\n    from core.conf import *\nfinally:\n    pass", "core/conf.py": BASE},
        {
            "shop/settings.py": "from .parts import *",
            "shop/parts/__init__.py": "from .a import *",
            "shop/parts/a.py": BASE,
        },
        {"shop/settings.py": f"{INCLUDE}include('components/*.py')", "shop/components/apps.py": BASE},
        {"shop/settings.py": f"{INCLUDE}a = ('x/a.py', optional('x/b.py'))\ninclude(*a)", "shop/x/b.py": BASE},
        {
            "shop/settings.py": f"{INCLUDE}STAGE = input()\ninclude(f'x/{{STAGE}}.py')",
            "shop/x/production.py": BASE,
            "shop/x/development.py": settings("huey.contrib.djhuey"),
        },
    ],
)
def test_settings_are_all_that_they_import_and_include(tree, files):
    made, project = tree(files)
    assert [one.run for one in processes(made, project, "store")] == [QCLUSTER[1]]
    assert interface(made, project) == "asgi"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (settings(), "wsgi"),
        ('INSTALLED_APPS = [\n  # "channels",\n]\nASGI_APPLICATION = "shop.asgi.application"', "wsgi"),
        (settings("channels", more='# ASGI_APPLICATION = "shop.asgi.application"'), "wsgi"),
        # What startproject writes beside WSGI makes no project asynchronous.
        (settings(more='ASGI_APPLICATION = "shop.asgi.application"'), "wsgi"),
        (settings("daphne", more='ASGI_APPLICATION = "shop.asgi.application"'), "asgi"),
        (settings("channels", more='ASGI_APPLICATION = "shop.asgi.application"'), "asgi"),
    ],
)
def test_interface(tree, text, found):
    assert interface(*tree({"shop/settings.py": text})) == found


@pytest.mark.parametrize(
    ("files", "more", "found"),
    [
        (["shop/asgi.py"], "", "asgi"),
        (["shop/asgi.py", "shop/wsgi.py"], "", "wsgi"),
        (["shop/asgi.py"], "WSGI_APPLICATION = 'shop.servers.wsgi'", "wsgi"),
        (["docs/asgi.py"], "", "wsgi"),
    ],
)
def test_the_only_application_is_the_one_that_is_served(tree, files, more, found):
    """One that mounts others beside Django has routes that Django's own WSGI application does not know."""
    texts = dict.fromkeys(files, "from mount import application\n")
    assert interface(*tree({"shop/settings.py": settings(more=more), **texts})) == found


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
