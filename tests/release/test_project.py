"""What the reader makes of a tree of files: a table of small trees, each with the right plan or the right refusal."""

# ruff: noqa: E501 - a tree, what is asked and what is found are one line of a table

import json

import pytest
from groundcrew_release.project import Asked, pythons, read
from groundcrew_release.project.tree import Tree
from groundcrew_release.steps import FailedError

DJANGO = {"requirements.txt": "Django\n"}


def named(settings, before="import os\n"):
    """Return a manage.py or wsgi.py in Django's own spelling."""
    return f'{before}os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")\n'


MANAGE = named("shop.settings")
SITE = {"manage.py": MANAGE, "shop/settings.py": "", "shop/__init__.py": ""}
DEV = {"manage.py": named("config.settings.local"), "config/settings/local.py": "x", "config/settings/base.py": "x"}
SPLIT = {**DEV, "config/settings/production.py": "x", "config/settings/test.py": "x"}
STAGES = {
    "manage.py": named("config.settings"),
    "config/settings/development.py": "x",
    "config/settings/production.py": "x",
    "requirements.txt": "Django\n",
}
BY_NAME = 'import os\nif os.environ.get("STAGE", "development") == "production":\n    from .production import *\nelse:\n    from .development import *\n'
SPLIT_SETTINGS = 'from os import environ\nfrom split_settings.tools import include\nenviron.setdefault("DJANGO_ENV", "development")\n_ENV = environ["DJANGO_ENV"]\ninclude("base.py", f"environments/{_ENV}.py")\n'
PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["Django>=5"]\n'
BUILD = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
LOCK = '[[package]]\nname = "django"\nversion = "5.2.1"\n'
UVLOCK = (
    LOCK
    + '[[package]]\nname = "shop"\nversion = "1"\nsource = { virtual = "." }\n[package.metadata]\nrequires-dist = [{ name = "django", specifier = ">=5" }]\n'
)
POETRY = '[tool.poetry]\nname = "shop"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\nDjango = "^5.2"\n'
PIPLOCK = json.dumps({"_meta": {}, "default": {"django": {"version": "==5.2.1"}}, "develop": {}})


def package(text):
    """Return the settings of `STAGES` that take those of a stage."""
    return {"config/settings/__init__.py": text}


@pytest.fixture
def look(tmp_path):
    """Return a function that writes a tree, {path: text}, and returns the plan."""

    def run(files, **asked):
        (tmp_path / "source").mkdir(exist_ok=True)
        for name, text in files.items():
            path = tmp_path / "source" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read(tmp_path / "source", Asked(**asked))

    return run


def test_a_link_that_leads_out_is_not_there(look, tmp_path):
    secret, source = tmp_path / "root-only", tmp_path / "source"
    (secret / "requirements").mkdir(parents=True)
    for name in ("more.txt", "uv.lock", "requirements/base.txt", "settings.py", "wsgi.py"):
        (secret / name).write_text("RESTIC_PASSWORD=hunter2\n")
    source.mkdir()
    for name in ("more.txt", "requirements", "uv.lock", "pdm.lock"):
        (source / name).symlink_to(secret / name)
    (source / "up").symlink_to("..")
    (source / "real.txt").write_text("Django\n")
    (source / "inside.txt").symlink_to("real.txt")
    tree = Tree(source)
    assert tree.files == tuple(tree.inside(".")) == ("inside.txt", "real.txt")
    assert tree.folders(".") == []
    for path in ("more.txt", "up/root-only/more.txt", "../root-only/more.txt", "more\0.txt", "pdm.lock"):
        assert not tree.has(path)
        for read_it in (tree.text, tree.whole):
            with pytest.raises(FailedError, match="of the project cannot be read: No such file"):
                read_it(path)
    assert tree.text("inside.txt") == "Django\n"
    assert not tree.has_folder("up/root-only")
    # What is listed is handed on to the application, and what is no requirement is printed.
    with pytest.raises(FailedError, match=r"more\.txt") as caught:
        look(SITE | {"requirements.txt": "Django\n-r more.txt\n"})
    assert "hunter2" not in str(caught.value)
    (source / "requirements.txt").unlink()
    (source / "requirements.txt").symlink_to(secret / "more.txt")
    with pytest.raises(FailedError) as caught:
        look(SITE)
    assert "hunter2" not in str(caught.value)


def case(name, files, found, **asked):
    return pytest.param(files, asked, found, id=name)


WHERE = [
    case("at the top", {**SITE, **DJANGO}, "."),
    case("one folder down", {"site/manage.py": MANAGE, **DJANGO}, "site"),
    case("four folders down", {"a/b/c/d/manage.py": MANAGE, **DJANGO}, "a/b/c/d"),
    case("beside an example", {"src/manage.py": MANAGE, "example/manage.py": named("demo.settings"), **DJANGO}, "src"),
    case("above another", {**SITE, "shop/templates/x/manage.py": named("x.settings"), **DJANGO}, "."),
    case("beside tests", {"backend/manage.py": MANAGE, "tests/proj/manage.py": MANAGE, **DJANGO}, "backend"),
    case("only an example", {"example/manage.py": MANAGE, **DJANGO}, "example"),
    case("beside Flask's", {"web/manage.py": MANAGE, "api/manage.py": "import flask_script\n", **DJANGO}, "web"),
    case("not in node_modules", {"node_modules/x/manage.py": MANAGE, "b/manage.py": MANAGE, **DJANGO}, "b"),
    case("in a folder that is called env", {"env/manage.py": MANAGE, **DJANGO}, "env"),
    case(
        "not in an environment of Windows",
        {"env/Scripts/activate": "", "env/x/manage.py": MANAGE, "b/manage.py": MANAGE, **DJANGO},
        "b",
    ),
    case(
        "not in an environment", {"ve/pyvenv.cfg": "", "ve/x/manage.py": MANAGE, "b/manage.py": MANAGE, **DJANGO}, "b"
    ),
    case("of the inventory", {"a/manage.py": MANAGE, "b/manage.py": MANAGE, **DJANGO}, "b", working_directory="b"),
    case("of the inventory, with a slash", {"b/manage.py": MANAGE, **DJANGO}, "b", working_directory="./b/"),
    case("of the key manage", {"bin/manage.py": MANAGE, **DJANGO}, ".", manage="python bin/manage.py"),
]


@pytest.mark.parametrize(("files", "asked", "found"), WHERE)
def test_where_the_project_is(look, files, asked, found):
    assert look(files, **asked).working_directory == found


def spelled(text, file="manage.py", **more):
    return {file: text, **DJANGO, **more}


WSGI = {"manage.py": named("config.settings.local"), "config/wsgi.py": named("config.settings.production")}
BOTH = "import os, sys\nif {}:\n    s = 'shop.settings.{}'\nelse:\n    s = 'shop.settings.{}'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', s)\n"
SETTINGS = [
    case("setdefault", {**SITE, **DJANGO}, "shop.settings"),
    case("in a function", spelled('import os\ndef main():\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "a.b")\n'), "a.b"),
    case("over lines", spelled('import os\nos.environ.setdefault(\n    "DJANGO_SETTINGS_MODULE",\n    "a.b",  # x\n)\n'), "a.b"),
    case("assigned", spelled("import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'a.b'\n"), "a.b"),
    case("environ imported", spelled("from os import environ\nenviron['DJANGO_SETTINGS_MODULE'] = 'a.b'\n"), "a.b"),
    case("environ renamed", spelled("from os import environ as env\nenv.setdefault('DJANGO_SETTINGS_MODULE', 'a.b')\n"), "a.b"),
    case("updated", spelled("import os\nos.environ.update({'DJANGO_SETTINGS_MODULE': 'a.b'})\n"), "a.b"),
    case("updated by name", spelled("import os\nos.environ.update(DJANGO_SETTINGS_MODULE='a.b')\n"), "a.b"),
    case("putenv", spelled("import os\nos.putenv('DJANGO_SETTINGS_MODULE', 'a.b')\n"), "a.b"),
    case("constant", spelled("import os\nS = 'a.b'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', S)\n"), "a.b"),
    case("f-string", spelled("import os\nP = 'a'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', f'{P}.settings')\n"), "a.settings"),
    case("percent", spelled("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '%s.settings' % 'a')\n"), "a.settings"),
    case("plus", spelled("import os\nP = 'a'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', P + '.settings')\n"), "a.settings"),
    case("format", spelled("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}.x'.format('a'))\n"), "a.x"),
    case("join", spelled("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '.'.join(['a', 'b']))\n"), "a.b"),
    case(
        "name of the folder",
        {"shop/manage.py": "import os\nN = os.path.basename(os.path.dirname(os.path.abspath(__file__)))\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', N + '.settings')\n", **DJANGO},
        "shop.settings",
    ),
    case(
        "by the environment, said in env",
        spelled("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', f\"a.settings.{os.environ.get('STAGE', 'dev')}\")\n"),
        "a.settings.live",
        env={"STAGE": "live"},
    ),
    case("getenv of the same", spelled("import os\nos.environ['DJANGO_SETTINGS_MODULE'] = os.getenv('DJANGO_SETTINGS_MODULE', 'a.b')\n"), "a.b"),
    case("decouple", spelled("import os\nfrom decouple import config\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', config('DJANGO_SETTINGS_MODULE', default='a.b'))\n"), "a.b"),
    case("tests have their own", spelled(BOTH.format("'test' in sys.argv", "test", "main")), "shop.settings.main"),
    case("tests asked by position", spelled(BOTH.format("len(sys.argv) > 1 and sys.argv[1] == 'test'", "test", "main")), "shop.settings.main"),
    case("condition that env decides", spelled(BOTH.format("os.environ.get('LIVE')", "one", "two")), "shop.settings.one", env={"LIVE": "1"}),
    case("development is no server's", spelled(BOTH.format("os.environ.get('DEV')", "dev", "two")), "shop.settings.two"),
    case("mapping", spelled("import os\nM = {'live': 'a.live', 'x': 'a.x'}\nos.environ['DJANGO_SETTINGS_MODULE'] = M[os.environ['STAGE']]\n"), "a.live", env={"STAGE": "live"}),
    case("function", spelled("import os\ndef name():\n    return 'a.b'\nos.environ['DJANGO_SETTINGS_MODULE'] = name()\n"), "a.b"),
    case("another module names it", {"manage.py": "from shop.start import main\nif __name__ == '__main__':\n    main()\n# django\n", "shop/start.py": named("shop.conf"), "shop/conf.py": "", **DJANGO}, "shop.conf"),
    case("constant of another module", {"manage.py": "import os\nfrom shop import NAME\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', NAME)\n", "shop/__init__.py": "NAME = 'shop.conf'\n", "shop/conf.py": "", **DJANGO}, "shop.conf"),
    case("a comment names another", spelled("import os\n# os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'old.settings')\n" + MANAGE), "shop.settings"),
    case("byte order mark", spelled("\ufeff" + MANAGE), "shop.settings"),
    case("the package is called as samples are", {"manage.py": named("demo.settings"), "demo/settings.py": "", "demo/server.py": "", "demo/wsgi.py": named("demo.server"), **DJANGO}, "demo.server"),
    case("it takes development alone", {**STAGES, **package("from .development import *\n")}, "config.settings.production"),
    case("a folder for each stage", {"manage.py": named("config.dev.settings"), "config/dev/settings.py": "x", "config/prod/settings.py": "x", **DJANGO}, "config.prod.settings"),
    case("a folder of that name", {"manage.py": named("config.dev.settings"), "config/dev/settings.py": "x", "config/prod/urls.py": "x", **DJANGO}, "config.dev.settings"),
    case("a default of something else", {**STAGES, **package('LOGGING = {}\nLOGGING.setdefault("STAGE", "development")\n' + BY_NAME.replace('"development"', '"production"'))}, "config.settings"),
    case("a split by default", {"manage.py": named("server.settings"), "server/settings/__init__.py": SPLIT_SETTINGS, "server/settings/environments/production.py": "x", **DJANGO}, "server.settings", env={"DJANGO_ENV": "production"}),
    case("a variable chooses production", {**STAGES, **package(BY_NAME)}, "config.settings", env={"STAGE": "production"}),
    case("production by default", {**STAGES, **package(BY_NAME.replace('"development"', '"production"'))}, "config.settings"),
    case("debugging is off", {**STAGES, **package("DEBUG = True\nif DEBUG:\n    from .development import *\nelse:\n    from .production import *\n")}, "config.settings"),
    case("what somebody may have", {**STAGES, **package("from .production import *\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n")}, "config.settings"),
    case("a file may say it", {**STAGES, **package(BY_NAME)}, "config.settings", provided=("source/.env",)),
    case("wsgi.py wins", {**SPLIT, **WSGI, **DJANGO}, "config.settings.production"),
    case("asgi.py alone", {**SPLIT, "config/asgi.py": named("config.settings.production"), **DJANGO}, "config.settings.production"),
    case("asgi.py of an ASGI server", {**SPLIT, **WSGI, "config/asgi.py": named("config.settings.test"), "config/settings/live.py": "x", **DJANGO}, "config.asgi_settings", interface="asgi", settings="config.asgi_settings"),
    case("wsgi package", {**SPLIT, "config/wsgi/__init__.py": named("config.settings.production"), **DJANGO}, "config.settings.production"),
    case("wsgi.py of an example", {**SITE, "example/wsgi.py": named("example.settings"), **DJANGO}, "shop.settings"),
    case("wsgi.py without manage.py", {"shop/wsgi.py": MANAGE, "shop/settings.py": "", **DJANGO}, "shop.settings"),
    case("wsgi.py that leaves it open", {**SITE, "shop/wsgi.py": "application = None\n", **DJANGO}, "shop.settings"),
    case("development with production beside", {**SPLIT, **DJANGO}, "config.settings.production"),
    case("wagtail's", {"manage.py": named("x.settings.dev"), "x/wsgi.py": named("x.settings.dev"), "x/settings/dev.py": "a", "x/settings/production.py": "a", "x/settings/base.py": "a", **DJANGO}, "x.settings.production"),
    case("development and nothing else", {**DEV, **DJANGO}, "config.settings.local"),
    case("settings_production beside", {"manage.py": named("shop.settings_dev"), "shop/settings_dev.py": "", "shop/settings_prod.py": "", "shop/models.py": "", **DJANGO}, "shop.settings_prod"),
    case("empty package of settings", {"manage.py": named("shop.settings"), "shop/settings/__init__.py": "", "shop/settings/prod.py": "x", "shop/settings/dev.py": "x", **DJANGO}, "shop.settings.prod"),
    case("inventory", {**SPLIT, **DJANGO}, "config.settings.test", settings="config.settings.test"),
    case("env of the inventory", {**SPLIT, **DJANGO}, "config.settings.x", env={"DJANGO_SETTINGS_MODULE": "config.settings.x"}),
    case("file of the inventory", {**SITE, "manage.py": named("shop.conf.here"), **DJANGO}, "shop.conf.here", provided=("shop/conf/here.py",)),
    case("a file that is there", spelled("import os\nH = os.path.dirname(__file__)\nif os.path.exists(os.path.join(H, 'requirements.txt')):\n    S = 'a.b'\nelse:\n    S = 'a.c'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', S)\n"), "a.b"),
    case("broken manage.py with a key", spelled("print 'x'\n"), "a.b", settings="a.b"),
    case("match", spelled("import os\nmatch os.environ.get('STAGE'):\n    case 'live':\n        s = 'a.live'\n    case _:\n        s = 'a.dev'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', s)\n"), "a.live"),
    case("wsgi.py of production beside", {"manage.py": named("conf.dev"), "conf/dev.py": "", "conf/production.py": "", "conf/wsgi.py": named("conf.dev"), "conf/wsgi_production.py": named("conf.production"), **DJANGO}, "conf.production"),
    case("walrus", spelled("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', (s := 'a.b'))\n"), "a.b"),
    case("src layout", {"manage.py": "import os, sys\nsys.path.insert(0, 'src')\n" + MANAGE, "src/shop/settings.py": "", **DJANGO}, "shop.settings"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "asked", "found"), SETTINGS)
def test_which_settings(look, files, asked, found):
    assert look(files, **asked).settings == found


BASE = "import os, sys\nfrom pathlib import Path\nBASE = Path(__file__).resolve().parent\n"
PATHS = [
    case("cookiecutter-django", BASE + 'sys.path.append(str(BASE / "apps"))\n', ((), ("apps",))),
    case("in a function", BASE + 'def main():\n    sys.path.append(str(BASE / "apps"))\n', ((), ("apps",))),
    case("os.path", "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'apps'))\n", (("apps",), ())),
    case("several", BASE + 'for one in ("apps", "libs"):\n    sys.path.insert(0, os.path.join(BASE, one))\n', (("libs", "apps"), ())),
    case("extend", BASE + 'sys.path.extend([str(BASE / "apps"), f"{BASE}/libs"])\n', ((), ("apps", "libs"))),
    case("plus", BASE + 'sys.path += [str(BASE / "apps")]\n', ((), ("apps",))),
    case("assigned", BASE + 'sys.path = [str(BASE / "apps")] + sys.path\n', (("apps",), ())),
    case("slice", BASE + 'sys.path[0:0] = [str(BASE / "apps")]\n', (("apps",), ())),
    case("path imported", "import os\nfrom sys import path\npath.append('apps')\n", ((), ("apps",))),
    case("addsitedir", "import os, site\nsite.addsitedir('apps')\n", ((), ("apps",))),
    case("working directory", "import os, sys\nsys.path.append(os.path.join(os.getcwd(), 'apps'))\n", ((), ("apps",))),
    case("django-environ", "import environ, os, sys\nROOT = environ.Path(__file__) - 1\nsys.path.append(str(ROOT.path('apps')))\n", ((), ("apps",))),
    case("once", BASE + 'sys.path.append(str(BASE / "apps"))\nsys.path.append("apps")\n', ((), ("apps",))),
    case("not there, elsewhere, itself", BASE + 'sys.path.append("none")\nsys.path.append("/usr/lib")\nsys.path.append("../..")\nsys.path.insert(0, str(BASE))\n', ((), ())),
    case("unless it is there", BASE + 'A = str(BASE / "apps")\nif A not in sys.path:\n    sys.path.append(A)\n', ((), ("apps",))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "asked", "found"), PATHS)
def test_what_manage_puts_on_the_path(look, text, asked, found):
    plan = look({"manage.py": text + MANAGE, "apps/x.py": "", "libs/x.py": "", **DJANGO}, **asked)
    assert (plan.first, plan.last) == found


def test_paths_of_wsgi_count_where_manage_has_none(look):
    """Of real-projects.md the third: two files above, in config/."""
    wsgi = "import os, sys\nfrom pathlib import Path\nROOT = Path(__file__).resolve(strict=True).parent.parent\n"
    plan = look({"site/manage.py": MANAGE, "site/config/wsgi.py": wsgi + 'sys.path.append(str(ROOT / "shop"))\n' + MANAGE,
                 "site/shop/basket/models.py": "", "site/shop/settings.py": "", **DJANGO})  # fmt: skip
    assert (plan.last, plan.working_directory) == (("site/shop",), "site")


def workspace(**more):
    """Return the uv workspace of real-projects.md, row 5."""
    return {
        "pyproject.toml": '[project]\nname = "root"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["services/*", "libs/*"]\n',
        "uv.lock": LOCK + '[[package]]\nname = "web"\nsource = { editable = "services/web" }\n'
        '[package.metadata]\nrequires-dist = [{ name = "django", specifier = ">=5" }]\n'
        '[[package]]\nname = "pricing"\nsource = { editable = "libs/pricing" }\n',
        "services/web/pyproject.toml": PROJECT.replace("shop", "web"),
        "services/web/manage.py": MANAGE,
        "libs/pricing/pyproject.toml": PROJECT.replace("shop", "pricing"),
        **more,
    }


def kinds(plan):
    return [(one.kind, one.path) for one in plan.dependencies]


DECLARED = [
    case("requirements.txt", {**SITE, **DJANGO}, [("files", "requirements.txt")]),
    case("production before base", {**SITE, "requirements/production.txt": "Django", "requirements/base.txt": "Django", **DJANGO}, [("files", "requirements/production.txt")]),
    case("prod", {**SITE, "requirements/prod.txt": "Django", "requirements/dev.txt": "x"}, [("files", "requirements/prod.txt")]),
    case("requirements-prod.txt", {**SITE, "requirements-prod.txt": "Django", **DJANGO}, [("files", "requirements-prod.txt")]),
    case("requirements_production.txt", {**SITE, "requirements_production.txt": "Django"}, [("files", "requirements_production.txt")]),
    case("prod-requirements.txt", {**SITE, "prod-requirements.txt": "Django"}, [("files", "prod-requirements.txt")]),
    case("requirements.production.txt", {**SITE, "requirements.production.txt": "Django"}, [("files", "requirements.production.txt")]),
    case("base alone", {**SITE, "requirements/base.txt": "Django", "requirements/local.txt": "-r base.txt"}, [("files", "requirements/base.txt")]),
    case("common", {**SITE, "requirements/common.txt": "Django", "requirements/test.txt": "x"}, [("files", "requirements/common.txt")]),
    case("requirements in requirements", {**SITE, "requirements/requirements.txt": "Django"}, [("files", "requirements/requirements.txt")]),
    case("reqs", {**SITE, "reqs/prod.txt": "Django"}, [("files", "reqs/prod.txt")]),
    case("requirements.pip", {**SITE, "requirements.pip": "Django"}, [("files", "requirements.pip")]),
    case("pip-tools", {**SITE, "requirements.in": "Django", "requirements.txt": "Django==5.2.1"}, [("files", "requirements.txt")]),
    case("requirements.in alone", {**SITE, "requirements.in": "Django"}, [("files", "requirements.in")]),
    case("rye", {**SITE, "pyproject.toml": PROJECT, "requirements.lock": "Django==5.2.1", "requirements-dev.lock": "x"}, [("files", "requirements.lock")]),
    case("frozen", {**SITE, "requirements.txt": "Django", "requirements-frozen.txt": "Django==5.2"}, [("files", "requirements-frozen.txt")]),
    case("nearest", {"a/manage.py": MANAGE, "a/requirements.txt": "Django", "b/requirements.txt": "x", **DJANGO}, [("files", "a/requirements.txt")]),
    case("empty one is none", {"a/manage.py": MANAGE, "a/requirements.txt": "# nothing\n", **DJANGO}, [("files", "requirements.txt")]),
    case("uv.lock", {**SITE, "pyproject.toml": PROJECT, "uv.lock": UVLOCK, **DJANGO}, [("uv", "uv.lock")]),
    case("workspace", workspace(), [("uv", "uv.lock")]),
    case("workspace before a list", workspace(**{"services/web/requirements.txt": "x"}), [("uv", "uv.lock")]),
    case("lock of somebody else", {"a/manage.py": MANAGE, "a/pyproject.toml": PROJECT, "pyproject.toml": PROJECT, "uv.lock": UVLOCK}, [("pyproject", "a/pyproject.toml")]),
    case("poetry.lock", {**SITE, "pyproject.toml": POETRY, "poetry.lock": LOCK, "shop/settings.py": "# using Django 4.2.3"}, [("poetry", "poetry.lock")]),
    case("poetry 2", {**SITE, "pyproject.toml": PROJECT + "[tool.poetry]\npackage-mode = false\n", "poetry.lock": LOCK}, [("poetry", "poetry.lock")]),
    case("Pipfile.lock", {**SITE, "Pipfile": "[packages]\ndjango='*'\n", "Pipfile.lock": PIPLOCK, **DJANGO}, [("pipenv", "Pipfile.lock")]),
    case("pdm.lock", {**SITE, "pyproject.toml": PROJECT, "pdm.lock": LOCK}, [("pdm", "pdm.lock")]),
    case("pylock.toml", {**SITE, "pylock.toml": LOCK.replace("package", "packages")}, [("pylock", "pylock.toml")]),
    case("pylock of production", {**SITE, "pylock.toml": "[[packages]]\nname='django'", "pylock.prod.toml": "[[packages]]\nname='django'"}, [("pylock", "pylock.prod.toml")]),
    case("lock of tools alone", {**SITE, "pyproject.toml": PROJECT, "poetry.lock": '[[package]]\nname = "ruff"\n', **DJANGO}, [("files", "requirements.txt")]),
    case("two locks, one tool", {**SITE, "pyproject.toml": PROJECT + "[tool.poetry]\n", "uv.lock": UVLOCK, "poetry.lock": LOCK}, [("poetry", "poetry.lock")]),
    case("two locks, chosen", {**SITE, "pyproject.toml": PROJECT, "uv.lock": UVLOCK, "poetry.lock": LOCK}, [("uv", "uv.lock")], requirements_files=("uv.lock",)),
    case("PEP 621", {**SITE, "pyproject.toml": PROJECT}, [("pyproject", "pyproject.toml")]),
    case("PEP 621 without any", {**SITE, "pyproject.toml": PROJECT.replace('"Django>=5"', ""), **DJANGO}, [("files", "requirements.txt")]),
    case("dynamic", {**SITE, "pyproject.toml": '[project]\nname = "shop"\ndynamic = ["dependencies"]\n'}, [("pyproject", "pyproject.toml")]),
    case("setup.py", {**SITE, "setup.py": "setup(install_requires=['Django'])"}, [("package", "setup.py")]),
    case("setup.cfg", {**SITE, "setup.cfg": "[metadata]\nname = shop\n[options]\ninstall_requires = Django\n"}, [("files", "setup.cfg")]),
    case("setup.cfg beside a setup.py", {**SITE, "setup.py": "", "setup.cfg": "[metadata]\nname = shop\n[options]\ninstall_requires = Django\n"}, [("package", "setup.cfg")]),
    case("setup.cfg of the inventory", {**SITE, "setup.cfg": "[options]\ninstall_requires = Django\n"}, [("files", "setup.cfg")], requirements_files=("setup.cfg",)),
    case("setup.cfg that asks for nothing", {**SITE, "setup.cfg": "[options]\ninstall_requires =\n", "pyproject.toml": PROJECT}, [("pyproject", "pyproject.toml")]),
    case("Poetry's package without a lock", {**SITE, "pyproject.toml": POETRY + BUILD.replace("hatchling.build", "poetry.core.masonry.api")}, [("package", "pyproject.toml")]),
    case("PEP 723", {**SITE, "manage.py": "# /// script\n# dependencies = ['django']\n# ///\n" + MANAGE}, [("files", "manage.py")]),
    case("inventory's files", {**SITE, "a.txt": "x", "b/pyproject.toml": PROJECT, **DJANGO}, [("files", "a.txt"), ("pyproject", "b/pyproject.toml")], requirements_files=("a.txt", "./b/pyproject.toml")),
    case("list of tools beside PEP 621", {**SITE, "pyproject.toml": PROJECT, "requirements.txt": "uv\n"}, [("pyproject", "pyproject.toml")]),
    case("list of tools beside setup.py", {**SITE, "setup.py": "setup(\n    install_requires=[\n        'Django',\n    ],\n)\n", "requirements.txt": "pip-tools\n"}, [("package", "setup.py")]),
    case("list of tools beside setup.cfg", {**SITE, "setup.cfg": "[options]\ninstall_requires =\n  Django>=5\n", "requirements.txt": "pip-tools\n"}, [("files", "setup.cfg")]),
    case("list of tools beside a script", {**SITE, "manage.py": "# /// script\n# dependencies = ['django']\n# ///\n" + MANAGE, "requirements.txt": "uv\n"}, [("files", "manage.py")]),
    case("list of tools beside a group of PEP 735", {**SITE, "pyproject.toml": "[dependency-groups]\nweb = ['django']\n", "requirements.txt": "uv\n"}, [("pyproject", "pyproject.toml")]),
    case("list of constraints alone", {**SITE, "pyproject.toml": PROJECT, "requirements.txt": "-c limits.txt\n-f ./wheels\n-i https://pypi.example.org/django\n", "limits.txt": "Django<6"}, [("pyproject", "pyproject.toml")]),
    case("list of tools for a deploy", {**SITE, "requirements/base.txt": "Django", "requirements/deploy.txt": "fabric\nansible\n"}, [("files", "requirements/base.txt")]),
    case("list of tools beside the list of another folder", {**SITE, "requirements.txt": "pip\nwheel\n", "requirements/base.txt": "Django"}, [("files", "requirements/base.txt")]),
    case("list of tools beside one with another list", {**SITE, "requirements.txt": "uv\n", "requirements/base.txt": "-r all.list", "requirements/all.list": "Django"}, [("files", "requirements/base.txt")]),
    case("Django in a list by its repository", {**SITE, "pyproject.toml": PROJECT, "requirements.txt": "git+https://github.com/django/django.git@stable/5.2.x\n"}, [("files", "requirements.txt")]),
    case("Django in a list as a wheel", {**SITE, "pyproject.toml": PROJECT, "requirements.txt": "./Django-5.2-py3-none-any.whl\n", "Django-5.2-py3-none-any.whl": ""}, [("files", "requirements.txt")]),
    case("Django in a list by the project", {**SITE, "pyproject.toml": PROJECT + BUILD, "requirements.txt": "-e .\ngunicorn\n"}, [("files", "requirements.txt")]),
    case("Wagtail alone", {**SITE, "requirements.txt": "wagtail\n"}, [("files", "requirements.txt")]),
    case("Wagtail beside what declares something else", {**SITE, "pyproject.toml": PROJECT.replace("Django>=5", "requests"), "requirements.txt": "wagtail\n"}, [("files", "requirements.txt")]),
    case("Wagtail beside groups of another Django", {**SITE, "pyproject.toml": "[dependency-groups]\na = ['django==4.2']\nb = ['django==5.2']\n", "requirements.txt": "wagtail\n"}, [("files", "requirements.txt")]),
    case("Wagtail beside Poetry without a lock", {**SITE, "pyproject.toml": POETRY.replace("Django", "wagtail"), "requirements.txt": "wagtail\n"}, [("files", "requirements.txt")]),
    case("Wagtail of production beside one of tools", {**SITE, "requirements/production.txt": "wagtail\n", "requirements/base.txt": "uv"}, [("files", "requirements/production.txt")]),
    case("setup.py that reads a list", {**SITE, "setup.py": "setup(install_requires=open('deps/run.list').read())", "requirements.txt": "wagtail\n"}, [("files", "requirements.txt")]),
    *(
        case(f"{path} beside PEP 621", {**SITE, "pyproject.toml": PROJECT, path: "x\n"}, [("pyproject", "pyproject.toml")])
        for path in ("requirements-tox.txt", "requirements-build.txt", "requirements/mypy.txt", "requirements-rtd.txt", "requirements/app.txt")
    ),
    case("lists of tools beside setup.py", {**SITE, "setup.py": "setup(install_requires=['Django'])", "requirements/mypy.txt": "mypy", "requirements/coverage.txt": "coverage"}, [("package", "setup.py")]),
    case("list that pyproject.toml names", {**SITE, "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = ["requirements/runtime.txt"]}\n', "requirements/runtime.txt": "Django", "requirements/dev.txt": "x"}, [("pyproject", "pyproject.toml")]),
    case("list of tools beside one that pyproject.toml names", {**SITE, "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = ["deps/runtime.txt"]}\n', "deps/runtime.txt": "Django", "requirements.txt": "uv"}, [("pyproject", "pyproject.toml")]),
    case("list of tools below what declares Django", {"a/manage.py": MANAGE, "a/requirements-tox.txt": "tox", **DJANGO}, [("files", "requirements.txt")]),
    case("list of no known name and the inventory", {**SITE, "requirements/heroku.txt": "x"}, [], requirements=("Django==5.2.*",)),
    case("list of no known name beside a declaration, and the inventory", {**SITE, "pyproject.toml": PROJECT.replace("Django>=5", "x"), "requirements/heroku.txt": "Django"}, [("pyproject", "pyproject.toml")], requirements=("Django==5.2.*",)),
    case("inventory alone", SITE, [], requirements=("Django==5.2.*",)),
    case("a lock without Django is kept to beside the inventory's", {**SITE, "pyproject.toml": PROJECT.replace("Django>=5", "requests"), "pdm.lock": '[[package]]\nname = "requests"\n'}, [("pdm", "pdm.lock")], requirements=("Django",)),
    case("group of PEP 735 without a project", {**SITE, "pyproject.toml": "[dependency-groups]\nbase = ['django']\nmain = [{include-group = 'base'}, 'x']\nprod = [{include-group = 'main'}]\ndev = ['django']\n"}, [("pyproject", "pyproject.toml")]),
    case("extra of production alone", {**SITE, "pyproject.toml": PROJECT.replace('"Django>=5"', "") + "[project.optional-dependencies]\nprod = ['django']\n"}, [("pyproject", "pyproject.toml")]),
    case("group of production alone", {**SITE, "pyproject.toml": PROJECT.replace('"Django>=5"', "") + "[dependency-groups]\nprod = ['django']\n"}, [("pyproject", "pyproject.toml")]),
    case("setup.py beside a build system", {**SITE, "setup.py": "setup(install_requires=['Django'])", "pyproject.toml": BUILD}, [("package", "setup.py")]),
    case("setup.cfg beside a build system", {**SITE, "setup.cfg": "[metadata]\nname = shop\n[options]\ninstall_requires = Django\n", "pyproject.toml": BUILD}, [("package", "setup.cfg")]),
    case("Flit's own of old", {**SITE, "pyproject.toml": "[tool.flit.metadata]\nmodule = 'shop'\nrequires = ['django']\n" + BUILD.replace("hatchling.build", "flit_core.buildapi")}, [("package", "pyproject.toml")]),
    case("lock of a name that says nothing", {**SITE, "pylock.web.toml": "[[packages]]\nname='django'", "pylock.dev.toml": "[[packages]]\nname='django'"}, [("pylock", "pylock.web.toml")]),
    case("Pipfile beside a list", {**SITE, "Pipfile": "[packages]\ndjango = '*'\n", **DJANGO}, [("files", "requirements.txt")]),
    case("Pipfile without a lock, and the inventory", {**SITE, "Pipfile": "[packages]\ndjango = '*'\n"}, [], requirements=("Django",)),
    case("pip-tools of production", {**SITE, "requirements/production.in": "Django", "requirements/production.txt": "Django==5.2.1", "requirements/base.in": "x"}, [("files", "requirements/production.txt")]),
    case("Bazel's list", {**SITE, "WORKSPACE": "", "requirements_lock.txt": "Django==5.2"}, [("files", "requirements_lock.txt")]),
    case("conda beside pip", {**SITE, "environment.yml": "", **DJANGO}, [("files", "requirements.txt")]),
]  # fmt: skip


@pytest.mark.parametrize(("files", "asked", "found"), DECLARED)
def test_how_dependencies_are_declared(look, files, asked, found):
    assert kinds(look(files, **asked)) == found


SRC = {"manage.py": MANAGE, "src/shop/settings.py": ""}
DETAILS = [
    case("member of the workspace", workspace(), {"member": "web", "folder": "services/web"}),
    case("whole workspace", {**SITE, "pyproject.toml": "[tool.uv.workspace]\nmembers=['x']\n", "uv.lock": LOCK}, {"member": "*"}),
    case("manage.py below the project", {"site/manage.py": MANAGE, "pyproject.toml": PROJECT, "uv.lock": UVLOCK}, {"member": "", "folder": "."}),
    case(
        "groups and extras of production",
        {**SITE, "uv.lock": UVLOCK, "pyproject.toml": PROJECT + "[project.optional-dependencies]\nprod = ['x']\ns3 = ['y']\n[dependency-groups]\ndev = ['a']\nproduction = ['b']\nweb = ['c']\n[tool.uv]\ndefault-groups = ['dev', 'web']\n"},
        {"groups": ("web", "production"), "extras": ("prod",)},
    ),
    case(
        "poetry's groups",
        {**SITE, "poetry.lock": LOCK, "pyproject.toml": POETRY + "[tool.poetry.group.dev.dependencies]\na='*'\n[tool.poetry.group.web.dependencies]\nb='*'\n[tool.poetry.group.prod]\noptional=true\n[tool.poetry.group.s3]\noptional=true\n"},
        {"groups": ("web", "prod"), "install": None},
    ),
    case("poetry's groups of PEP 735", {**SITE, "poetry.lock": LOCK, "pyproject.toml": PROJECT + "[dependency-groups]\nweb = ['b']\ndev = ['a']\ns3 = ['c']\nprod = ['d']\n[tool.poetry.group.s3]\noptional = true\n[tool.poetry.group.prod]\noptional = true\n"}, {"groups": ("prod", "web")}),
    case("poetry's package", {**SITE, "poetry.lock": LOCK, "pyproject.toml": POETRY + BUILD.replace("hatchling.build", "poetry.core.masonry.api")}, {"install": "."}),
    case("poetry's build system without a package", {"x/settings.py": "", "manage.py": named("x.settings"), "poetry.lock": LOCK, "pyproject.toml": POETRY + BUILD.replace("hatchling.build", "poetry.core.masonry.api")}, {"install": None}),
    case("package-mode off", {**SITE, "poetry.lock": LOCK, "pyproject.toml": POETRY.replace("[tool.poetry]\n", "[tool.poetry]\npackage-mode = false\n") + BUILD}, {"install": None}),
    case("group that includes others", {**SITE, "pyproject.toml": "[dependency-groups]\nbase = ['django', {include-group = 'x'}]\nx = ['y']\nprod = [{include-group = 'base'}, 'z']\n"}, {"lines": ("django", "y", "z")}),
    case("src layout with setup.py beside a list", {**SRC, **DJANGO, "setup.py": ""}, {"kind": "files", "install": "."}),
    case("setup.py beside a list", {**SITE, **DJANGO, "setup.py": ""}, {"kind": "files", "install": None}),
    case("setuptools with one package", {**SITE, **DJANGO, "pyproject.toml": PROJECT + BUILD.replace("hatchling.build", "setuptools.build_meta"), "tests/x.py": "", "docs/x": ""}, {"install": "."}),
    case("setuptools that would find several", {**SITE, **DJANGO, "pyproject.toml": PROJECT + BUILD.replace("hatchling.build", "setuptools.build_meta"), "static/x.css": ""}, {"install": None}),
    case("setuptools that is told", {**SITE, **DJANGO, "pyproject.toml": PROJECT + BUILD.replace("hatchling.build", "setuptools.build_meta") + "[tool.setuptools]\npackages = ['shop']\n", "static/x.css": ""}, {"install": "."}),
    case("build system without a word of setuptools", {**SRC, **DJANGO, "pyproject.toml": PROJECT + "[build-system]\nrequires = ['setuptools']\n"}, {"install": "."}),
    case("pdm-backend", {**SRC, **DJANGO, "pyproject.toml": PROJECT + BUILD.replace("hatchling.build", "pdm.backend")}, {"install": "."}),
    case("flit", {**SITE, **DJANGO, "pyproject.toml": PROJECT + BUILD.replace("hatchling.build", "flit_core.buildapi")}, {"install": "."}),
    case("uv_build of another name", {**SITE, **DJANGO, "pyproject.toml": PROJECT.replace('"shop"', '"other"') + BUILD.replace("hatchling.build", "uv_build") + "[tool.uv.build-backend]\nmodule-name = 'shop'\n"}, {"install": "."}),
    case("hatchling without its package", {**SITE, **DJANGO, "pyproject.toml": PROJECT.replace('"shop"', '"other"') + BUILD}, {"install": None}),
    case("src layout of a list", {**SRC, **DJANGO, "pyproject.toml": PROJECT + BUILD}, {"kind": "files", "install": "."}),
    case("src layout of PEP 621", {**SRC, "pyproject.toml": PROJECT + BUILD}, {"kind": "pyproject", "install": "."}),
    case("list without a build system", {**SRC, **DJANGO, "pyproject.toml": PROJECT}, {"kind": "files", "install": None}),
    case("categories of Pipenv", {**SITE, "Pipfile": "", "Pipfile.lock": json.dumps({"default": {"django": {}}, "prod": {"x": {}}})}, {"groups": ("prod",)}),
    case("caret in requires-python", {**SITE, "pyproject.toml": PROJECT + 'requires-python = "^3.11"\n'}, {"lines": ("Django>=5",)}),
    case("local package", {**SITE, "requirements.txt": "Django\n-e ./packages/pricing\n", "packages/pricing/setup.py": ""}, {"lines": ("Django", "-e ./source/packages/pricing")}),
    case("local wheel", {**SITE, "requirements.txt": "./wheels/x-1-py3-none-any.whl  # ours\nDjango\n", "wheels/x-1-py3-none-any.whl": ""}, {"lines": ("./source/wheels/x-1-py3-none-any.whl", "Django")}),
    case("wheel without a dot", {**SITE, "requirements.txt": "wheels/x-1-py3-none-any.whl\n", "wheels/x-1-py3-none-any.whl": ""}, {"lines": ("./source/wheels/x-1-py3-none-any.whl",)}),
    case("the project itself", {**SITE, "requirements.txt": "-e .\n", "setup.py": ""}, {"lines": ("-e ./source",)}),
    case("the project from a folder of requirements", {**SITE, "requirements/base.txt": "-e .\n", "requirements/prod.txt": "-r base.txt\n", "setup.py": ""}, {"lines": ("-e ./source",)}),
    case("beside its own file", {**SITE, "requirements/prod.txt": "-e ../libs/a[x]\n--find-links ../wheels\n", "libs/a/pyproject.toml": ""}, {"lines": ("-e ./source/libs/a[x]", "--find-links ./source/wheels")}),
    case("by name", {**SITE, "requirements.txt": "a @ file:./libs/a\nb @ ./libs/b ; python_version > '3'\n", "libs/a/setup.py": "", "libs/b/setup.py": ""}, {"lines": ("a @ ./source/libs/a", "b @ ./source/libs/b ; python_version > '3'")}),
    case("constraints beside a path", {**SITE, "deploy/requirements.txt": "-c limits.txt\n-e ../a\n", "deploy/limits.txt": "x<2", "deploy/manage.py": MANAGE, "a/setup.py": ""}, {"lines": ("-c ./source/deploy/limits.txt", "-e ./source/a")}, working_directory="deploy"),
    case("group that alone brings Django", {**SITE, "pyproject.toml": PROJECT.replace('"Django>=5"', "") + "[dependency-groups]\nweb = ['Django']\ndev = ['django', 'pytest']\n"}, {"groups": ("web",), "extras": ()}),
    case("extra that alone brings Django", {**SITE, "pyproject.toml": PROJECT.replace("Django>=5", "requests") + "[project.optional-dependencies]\nserver = ['django[argon2]==5.2']\ntest = ['django']\n"}, {"groups": (), "extras": ("server",)}),
    case("group of a lock of uv that alone brings Django", {**SITE, "uv.lock": UVLOCK, "pyproject.toml": PROJECT.replace('"Django>=5"', "") + "[dependency-groups]\nbase = ['django']\nweb = [{include-group = 'base'}]\nprod = ['django', 'x']\n"}, {"groups": ("prod",)}),
    case("extra of a lock of uv that alone brings Django", {**SITE, "uv.lock": UVLOCK, "pyproject.toml": PROJECT.replace('"Django>=5"', "") + "[project.optional-dependencies]\nserver = ['django']\n"}, {"extras": ("server",)}),
    case("optional group of Poetry that alone brings Django", {**SITE, "poetry.lock": LOCK, "pyproject.toml": POETRY.replace('Django = "^5.2"\n', "") + "[tool.poetry.group.web]\noptional = true\n[tool.poetry.group.web.dependencies]\ndjango = '*'\n"}, {"groups": ("web",)}),
    case("group of PDM that alone brings Django", {**SITE, "pdm.lock": LOCK, "pyproject.toml": PROJECT.replace('"Django>=5"', "") + "[project.optional-dependencies]\nserver = ['django']\n"}, {"groups": ("server",)}),
    case("folders that are called as those of a machine", {**SITE, "requirements.txt": "-r home/base.txt\n-e root/lib\n--find-links build/wheels\n", "home/base.txt": "Django\n", "root/lib/setup.py": "", "build/wheels/x.whl": ""}, {"lines": ("Django", "-e ./source/root/lib", "--find-links ./source/build/wheels")}),
    case("extra of production for PDM, one of two with Django", {**SITE, "pdm.lock": LOCK, "pyproject.toml": PROJECT.replace('"Django>=5"', "") + "[project.optional-dependencies]\nprod = ['django']\nold = ['django<5']\n"}, {"groups": ("prod",)}),
    case("Django that may come through another package", {**SITE, "pyproject.toml": PROJECT.replace("Django>=5", "wagtail") + "[dependency-groups]\ndjango42 = ['django==4.2']\ndjango52 = ['django==5.2']\n"}, {"groups": (), "extras": ()}),
    case("category of Pipenv that alone brings Django", {**SITE, "Pipfile": "", "Pipfile.lock": json.dumps({"default": {"x": {}}, "web": {"django": {}}})}, {"groups": ("web",)}),
    case("Django among the dependencies", {**SITE, "uv.lock": UVLOCK, "pyproject.toml": PROJECT + "[dependency-groups]\nold = ['Django<5']\n"}, {"groups": ()}),
    case("project without a version", {**SITE, "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["Django"]\n[dependency-groups]\nprod = ["x"]\n'}, {"lines": ("Django", "x")}),
    case("project without a name", {**SITE, "pyproject.toml": '[project]\ndependencies = ["Django"]\n'}, {"lines": ("Django",)}),
    case("no package, says uv", {**SITE, "pyproject.toml": PROJECT + BUILD + "[tool.uv]\npackage = false\n"}, {"install": None, "lines": ()}),
    case("no package, says PDM", {**SITE, "pyproject.toml": PROJECT + BUILD + "[tool.pdm]\ndistribution = false\n"}, {"install": None}),
    case("workspace of Rye", {"requirements.lock": "-e file:web\nDjango==5.2\n", "pyproject.toml": "[tool.rye.workspace]\nmembers = ['web']\n", "web/manage.py": MANAGE, "web/pyproject.toml": PROJECT}, {"path": "requirements.lock", "lines": ("-e ./source/web", "Django==5.2")}),
    case("hashes stay in one line", {**SITE, "requirements.txt": "-e ./a\nDjango==5.2 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n", "a/setup.py": ""}, {"lines": ("-e ./source/a", "Django==5.2      --hash=sha256:1      --hash=sha256:2")}),
    case("rye's own", {**SITE, "requirements.lock": "-e file:.\nDjango==5.2\n", "setup.py": ""}, {"lines": ("-e ./source", "Django==5.2")}),
    case("with an extra", {**SITE, "requirements.txt": ".[prod]\n", "setup.py": ""}, {"lines": ("./source[prod]",)}),
    case("folders of Windows", {**SITE, "requirements.txt": "-r requirements\\base.txt\r\n-e .\\libs\\a\r\n", "requirements/base.txt": "Django\r\n", "libs/a/setup.py": ""}, {"lines": ("Django", "-e ./source/libs/a")}),
    case("capitals of Windows", {**SITE, "requirements.txt": "-r Requirements/Base.txt\n", "requirements/base.txt": "Django\n"}, {"lines": ("Django",)}),
    case("option without a space", {**SITE, "requirements.txt": "-rmore.txt\n", "more.txt": "-e./a\nDjango", "a/setup.py": ""}, {"lines": ("-e ./source/a", "Django")}),
    case("folder of the host", {**SITE, "requirements.txt": "--find-links /opt/wheels\n/opt/wheels/x-1-py3-none-any.whl\nDjango (>=5) ; python_version > '3' --hash=sha256:1\n"}, {"lines": ()}),
    case("setup.cfg alone", {**SITE, "setup.cfg": "[metadata]\nname = shop\n[options]\ninstall_requires =\n    Django==5.2\n    # ours\n    a @ file:./libs/a ; python_version > '3'\n[options.extras_require]\nprod = b; c\ntest = d\n", "libs/a/setup.py": ""}, {"lines": ("Django==5.2", "a @ ./source/libs/a ; python_version > '3'", "b", "c"), "install": None}),
    case("setup.cfg alone that names its lists", {**SITE, "setup.cfg": "[options]\ninstall_requires = file: deps/a.list, deps/b.list\n", "deps/a.list": "Django\n", "deps/b.list": "b\n"}, {"lines": ("Django", "b")}),
    case("src layout with a setup.cfg alone", {**SRC, **DJANGO, "setup.cfg": "[metadata]\nname = shop\n"}, {"kind": "files", "install": None}),
    case("hashes that must be there", {**SITE, "requirements.txt": "--require-hashes\nDjango==5.2 --hash=sha256:1\n"}, {"lines": ("Django==5.2 --hash=sha256:1",), "reason": "what pip installs, without --require-hashes"}),
    case("hashes that must be there, in an inner list beside an index", {**SITE, "requirements.txt": "-r a.txt\n", "a.txt": "-i https://x/simple --require-hashes\nDjango==5.2 --hash=sha256:1\n"}, {"lines": ("-i https://x/simple", "Django==5.2 --hash=sha256:1")}),
    case("hashes that must be there, of the inventory", {**SITE, "a.txt": "--require-hashes\nDjango==5.2 --hash=sha256:1\n"}, {"lines": ("Django==5.2 --hash=sha256:1",), "reason": "from the inventory, without --require-hashes"}, requirements_files=("a.txt",)),
    case("options of one requirement", {**SITE, "requirements.txt": "Django==5.2 --config-settings=\"a=b\" --hash=sha256:1 --global-option build_ext\nb ; python_version > '3' -C a=b\nc @ https://x/c.zip --install-option='--x'\n-e ./d --config-settings a=b\n", "d/setup.py": ""}, {"lines": ("Django==5.2 --hash=sha256:1", "b ; python_version > '3'", "c @ https://x/c.zip", "-e ./source/d"), "reason": "what pip installs, without --config-settings, --global-option, -C and --install-option"}),
    case("options of the list stay", {**SITE, "requirements.txt": "--extra-index-url https://x/simple\n--no-binary psycopg2\n--prefer-binary\nDjango\n"}, {"lines": (), "reason": "what pip installs"}),
    case("marker of an editable", {**SITE, "requirements.txt": "-e ./a ; python_version > '3'\n-e './a'\n", "a/setup.py": ""}, {"lines": ("-e ./source/a ; python_version > '3'", "-e ./source/a")}),
    case("fragment of a path", {**SITE, "requirements.txt": "-e ./libs/a#egg=a\n-e vendor/b#egg=b[x]\nlibs/a#egg=a\n-e file:libs/a[x]#egg=a\n-e file:libs#egg=a&subdirectory=a\n", "libs/a/setup.py": "", "vendor/b/pyproject.toml": ""}, {"lines": ("-e ./source/libs/a#egg=a", "-e ./source/vendor/b#egg=b[x]", "./source/libs/a#egg=a", "-e ./source/libs/a[x]", "-e ./source/libs/a")}),
    case("path of a name", {**SITE, "requirements.txt": "a @ libs/a\na[x] @ file:libs/a;python_version>'3'\na @ file://./libs/a\n-e a @ ./libs/a\n", "libs/a/setup.py": ""}, {"lines": ("a @ ./source/libs/a", "a[x] @ ./source/libs/a ;python_version>'3'", "a @ ./source/libs/a", "-e a @ ./source/libs/a")}),
    case("folder that pip is called in", {**SITE, "requirements.txt": "a @ file://${PWD}/libs/a\n-e ${PWD}/libs/a[x]\n-e file:///${PROJECT_ROOT}/libs/a#egg=a\n-e ${PWD}\n-r ${CI_PROJECT_DIR}/b.txt\n-f ${PWD}/wheels\n", "libs/a/setup.py": "", "setup.py": "", "b.txt": "Django\n"}, {"lines": ("a @ ./source/libs/a", "-e ./source/libs/a[x]", "-e ./source/libs/a#egg=a", "-e ./source", "Django", "--find-links ./source/wheels")}),
    case("editable that is fetched", {**SITE, "requirements.txt": "Django\n-e git+https://x/y@1#egg=y\n--editable=z @ git+ssh://git@x/z\n"}, {"lines": ("Django", "git+https://x/y@1#egg=y", "z @ git+ssh://git@x/z")}),
    case("no relative path", {**SITE, "requirements.txt": "-r more.txt\ngit+ssh://git@x/y.git@v1#egg=y\nz @ https://x/z.whl\n", "more.txt": "Django"}, {"lines": ()}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "asked", "found"), DETAILS)
def test_what_is_installed(look, files, asked, found):
    (one,) = look(files, **asked).dependencies
    assert {name: getattr(one, name) for name in found} == found


WRONG = [
    case("several projects", {"services/a/manage.py": MANAGE, "b/manage.py": MANAGE, **DJANGO}, "The source has several manage.py, in b and services/a: choose one with `working_directory`."),
    case("folder that is not there", {**SITE, **DJANGO}, "The source has no folder x: `working_directory` names one that it has.", working_directory="x"),
    case("computed", {**SITE, "manage.py": "import os, socket\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.' + socket.gethostname()\n", "shop/settings_live.py": "", **DJANGO}, "manage.py computes its settings: choose the settings module with `settings` among shop.settings or shop.settings_live."),
    case("by a variable that nobody gives", spelled(BOTH.format("'X' in os.environ", "one", "two")), "manage.py names shop.settings.one and shop.settings.two: choose the settings module with `settings` among shop.settings.one or shop.settings.two."),
    case("by a variable and its default", spelled(BOTH.format("os.environ.get('STAGE', 'x') == 'live'", "one", "two")), "manage.py names shop.settings.one and shop.settings.two"),
    case("mapping without a key", spelled("import os\nM = {'a': 'x.a', 'b': 'x.b'}\nos.environ['DJANGO_SETTINGS_MODULE'] = M[os.environ['STAGE']]\n"), "manage.py computes its settings|manage.py names x.a and x.b"),
    case("development by a variable", {**STAGES, **package(BY_NAME)}, r"config/settings/__init__.py takes the settings development, which are for development, as long as STAGE says nothing else: `env: {STAGE: production}`"),
    case("development by default", {"manage.py": named("server.settings"), "server/settings/__init__.py": SPLIT_SETTINGS, "server/settings/environments/production.py": "x", **DJANGO}, "as long as DJANGO_ENV says nothing else"),
    case("development by a truth", {**STAGES, **package('from os import environ\nX = environ.get("SENTRY")\nif environ.get("LIVE"):\n    from .production import *\nelse:\n    from .development import *\n')}, r"as long as LIVE says nothing else"),
    case("development of split settings", {**STAGES, "config/settings/stages/production.py": "x", **package('from os import environ\nfrom split_settings.tools import include, optional\n_STAGE = environ.get("DJANGO_STAGE") or "development"\ninclude("base.py", f"stages/{_STAGE}.py", optional("stages/local.py"))\n')}, r"as long as DJANGO_STAGE says nothing else"),
    case("two servers", {**SITE, "a/wsgi.py": named("a.settings"), "b/wsgi.py": named("b.settings"), **DJANGO}, r"several files for the server, which name different settings: choose the settings module with `settings` among a.settings \(a/wsgi.py\) or b.settings \(b/wsgi.py\)"),
    case("no settings", {"manage.py": "import django\n", "shop/settings.py": "", **DJANGO}, "manage.py names no settings: choose the settings module with `settings`, such as shop.settings."),
    case("nothing at all", {"README": "", **DJANGO}, "The source has no manage.py, wsgi.py or asgi.py that names settings: choose the settings module with `settings`."),
    case("module that is not there", {**SITE, "manage.py": named("shop.conf.gone"), **DJANGO}, "manage.py names shop.conf.gone, which the source does not have: .* `settings`, such as shop.settings"),
    case("development beside staging", {**DEV, "config/settings/staging.py": "x", **DJANGO}, "manage.py names config.settings.local, which is for development: .* `settings`, such as config.settings.staging."),
    case("empty package of settings", {"manage.py": named("shop.settings"), "shop/settings/__init__.py": "", "shop/settings/one.py": "x", "shop/settings/two.py": "x", **DJANGO}, "names shop.settings, which is empty: .* among shop.settings.one or shop.settings.two"),
    case("Python 2", spelled("print 'x'\n"), "manage.py of the project cannot be read: line 1 is no Python 3."),
    case("no dependencies", SITE, r"The source declares no dependencies, not even Django: name what to install with `requirements` \(such as `requirements: \[Django==5.2.\*\]`\) or `requirements_files`."),
    case("only a comment", {**SITE, "shop/settings.py": '"""Generated using Django 5.2.1."""'}, "The source declares no dependencies"),
    case("elsewhere", {"site/manage.py": MANAGE, "deploy/requirements.txt": "Django"}, "declares no dependencies, .*; there is deploy/requirements.txt elsewhere."),
    case("conda", {**SITE, "environment.yml": ""}, "environment.yml is conda's, which no host of ours has: .*`requirements`"),
    case("pixi", {**SITE, "pixi.toml": ""}, "pixi.toml is conda's"),
    case("buildout", {**SITE, "buildout.cfg": ""}, "buildout.cfg is zc.buildout's"),
    case("conda by another name", {**SITE, "conda/env-prod.yaml": "dependencies:\n  - django\n"}, "conda/env-prod.yaml is conda's, which no host of ours has"),
    case("Pants", {**SITE, "pants.toml": ""}, "pants.toml is Pants', which"),
    case("pixi in pyproject.toml", {**SITE, "pyproject.toml": "[tool.pixi.pypi-dependencies]\ndjango = '*'\n"}, "pyproject.toml declares dependencies for pixi, and only that reads them: .*`requirements`"),
    case("environment of Hatch", {**SITE, "pyproject.toml": "[tool.hatch.envs.default]\ndependencies = ['django']\n"}, "for an environment of Hatch, and only that reads them"),
    case("group of Poetry without a lock", {**SITE, "pyproject.toml": "[tool.poetry.group.web.dependencies]\ndjango = '*'\n"}, "for Poetry without a poetry.lock: run `poetry lock`"),
    case("two groups of PEP 735", {**SITE, "pyproject.toml": "[dependency-groups]\na = ['django']\nb = ['Django>=5']\n"}, "may be in the groups a or b of pyproject.toml: .*`requirements`"),
    case("group that includes itself", {**SITE, "pyproject.toml": "[dependency-groups]\na = [{include-group = 'a'}]\n"}, "its dependency group a includes itself"),
    case("lock of a script", {**SITE, "manage.py": "# /// script\n# dependencies = ['django']\n# ///\n" + MANAGE, "manage.py.lock": ""}, "manage.py.lock is the lock of a script"),
    case("dependencies that are no list", {**SITE, "pyproject.toml": PROJECT.replace('["Django>=5"]', '"django"')}, "pyproject.toml of the project cannot be read: its dependencies are no list."),
    case("lock with a conflict", {**SITE, "pyproject.toml": PROJECT, "uv.lock": "<<<<<<< HEAD\n"}, "uv.lock of the project cannot be read: "),
    case("range that is none", {**SITE, **DJANGO, "pyproject.toml": PROJECT + 'requires-python = "=>3.11"\n'}, "pyproject.toml of the project cannot be read: its requires-python is '=>3.11', where a range such as `>=3.11` belongs."),
    case("list of ranges", {**SITE, **DJANGO, "pyproject.toml": PROJECT + 'requires-python = ["3.11"]\n'}, "its requires-python is .*, where a range"),
    case("two locks", {**SITE, "pyproject.toml": PROJECT, "uv.lock": UVLOCK, "poetry.lock": LOCK}, "The dependencies are locked by uv.lock and poetry.lock: choose one with `requirements_files`."),
    case("Poetry without a lock", {**SITE, "pyproject.toml": POETRY}, "pyproject.toml declares dependencies for Poetry without a poetry.lock: run `poetry lock` and commit it"),
    case("Pipfile without a lock", {**SITE, "Pipfile": "[packages]\ndjango = '*'\n"}, "Pipfile has no Pipfile.lock beside it: run `pipenv lock`"),
    case("stale lock", {**SITE, "pyproject.toml": PROJECT, "uv.lock": LOCK + '[[package]]\nname = "shop"\nsource = { virtual = "." }\n[package.metadata]\nrequires-dist = [{ name = "django", specifier = ">=4" }]\n'}, "uv.lock of the project is older than pyproject.toml, which asks for Django>=5: run `uv lock` and commit it."),
    case("stale lock that lacks one", {**SITE, "pyproject.toml": PROJECT.replace('"Django>=5"', '"Django>=5", "sentry-sdk"'), "uv.lock": UVLOCK}, "uv.lock of the project is older than pyproject.toml, which asks for sentry-sdk: run `uv lock`"),
    case("two of production", {**SITE, "requirements/prod.txt": "Django", "requirements/production.txt": "Django"}, "may be in requirements/prod.txt or requirements/production.txt: name the file with `requirements_files`."),
    case("file of no known name", {**SITE, "requirements/heroku.txt": "Django"}, "may be in requirements/heroku.txt: name the file with `requirements_files`."),
    case("file of no known name beside what declares something else", {**SITE, "requirements/heroku.txt": "Django", "requirements/tox.txt": "tox", "pyproject.toml": PROJECT.replace("Django>=5", "x")}, "may be in requirements/heroku.txt: name the file"),
    case("files of no known name without Django", {**SITE, "requirements/heroku.txt": "wagtail", "requirements/tox.txt": "tox"}, "may be in requirements/heroku.txt or requirements/tox.txt: name the file"),
    case("lock of tools beside a file of no known name", {**SITE, "requirements/heroku.txt": "Django", "pyproject.toml": "[tool.poetry]\n", "poetry.lock": '[[package]]\nname = "ruff"\n'}, "may be in requirements/heroku.txt: name the file"),
    case("list of tools beside Poetry without a lock", {**SITE, "requirements.txt": "poetry\n", "pyproject.toml": POETRY}, "for Poetry without a poetry.lock: run `poetry lock`"),
    case("list of tools beside a Pipfile without a lock", {**SITE, "requirements.txt": "pipenv\n", "Pipfile": "[packages]\ndjango = '*'\n"}, "Pipfile has no Pipfile.lock beside it: run `pipenv lock`"),
    case("broken list before one of tools", {**SITE, "requirements/prod.txt": "-r gone.txt\n", "requirements/base.txt": "Django"}, "requirements/prod.txt of the project refers to gone.txt"),
    case("only for development", {**SITE, "requirements-dev.txt": "Django"}, "The source declares no dependencies"),
    case("path that is not there", {**SITE, "requirements.txt": "-e ./gone\n"}, "requirements.txt of the project asks for ./gone, and the source has no such package."),
    case("file that is not there", {**SITE, "requirements.txt": "-r gone.txt\n"}, "requirements.txt of the project refers to gone.txt, which the source does not have."),
    case("conda's path", {**SITE, "requirements.txt": "Django @ file:///home/conda/feedstock_root/build_artifacts/django_1/work\n"}, "requirements.txt of the project asks for Django @ file:///home/conda/.*, a path of the machine that it was written on: name the package with its version there."),
    case("somebody's folder", {**SITE, "requirements.txt": "Django\n-e /home/me/libs/a\n"}, "asks for -e /home/me/libs/a, a path of the machine"),
    case("somebody's Windows", {**SITE, "requirements.txt": "Django @ file:///C:/Users/me/x.whl\n"}, "asks for Django @ file:///C:/Users/me/x.whl, a path of the machine"),
    case("folder of a container", {**SITE, "requirements.txt": "Django\n-e /app/libs/a\n", "libs/a/setup.py": ""}, "requirements.txt of the project asks for -e /app/libs/a, a path of the machine that it was written on: write ./libs/a there."),
    case("folder of a container with another name", {**SITE, "requirements.txt": "a @ file:///opt/shop/libs/a#egg=a\n", "libs/a/setup.py": ""}, "asks for a @ file:///opt/shop/libs/a#egg=a, a path of the machine that it was written on: write ./libs/a there."),
    case("the project in a container, with an extra", {**SITE, "requirements.txt": "-e /usr/src/app/[x]\n", "setup.py": ""}, r"asks for -e /usr/src/app/\[x\], a path of the machine that it was written on: write \. there."),
    case("the project in a container", {**SITE, "requirements.txt": "-e /code\n", "setup.py": ""}, r"asks for -e /code, a path of the machine that it was written on: write \. there."),
    case("list of a container", {**SITE, "requirements.txt": "-r /app/requirements/base.txt\n", "requirements/base.txt": "Django"}, "asks for -r /app/requirements/base.txt, a path of the machine that it was written on: write ./requirements/base.txt there."),
    case("somebody's home", {**SITE, "requirements.txt": "-e file://${HOME}/a\n"}, r"asks for -e file://\$\{HOME\}/a, a path of the machine"),
    case("editable path that is not there", {**SITE, "requirements.txt": "-e vendor/gone#egg=gone\n"}, "asks for vendor/gone, and the source has no such package"),
    case("package with a setup.cfg alone", {**SITE, "requirements.txt": "-e .\n", "setup.cfg": "[metadata]\n"}, "asks for ., which has a setup.cfg alone: put a setup.py beside it that says `from setuptools import setup; setup\\(\\)`."),
    case("setup.cfg without dependencies", {**SITE, "setup.cfg": "[metadata]\n"}, "setup.cfg of the project asks for nothing: name what to install with `requirements`", requirements_files=("setup.cfg",)),
    case("pip list", {**SITE, "requirements.txt": "Package    Version\n---------- -------\nDjango     5.2.1\n"}, "requirements.txt of the project has the line 'Package    Version', which is no requirement: write the file with `pip freeze`"),
    case("conda list", {**SITE, "requirements.txt": "django=5.2=py311_0\n"}, "has the line 'django=5.2=py311_0', which is no requirement"),
    case("two extras that bring Django", {**SITE, "pyproject.toml": PROJECT.replace('"Django>=5"', "") + "[project.optional-dependencies]\na = ['django']\nb = ['django']\n"}, "pyproject.toml of the project brings Django by its extra a or extra b: call the one for production `prod`"),
    case("file whose name is misspelt", {**SITE, "requirments.txt": "django\n"}, "declares no dependencies where installers look, and requirments.txt names Django: name what to install with `requirements`"),
    case("Dockerfile", {**SITE, "Dockerfile": "FROM python:3.12\nRUN pip install --no-cache-dir gunicorn django\n"}, "and Dockerfile names Django"),
    case("environments of Hatch in their own file", {**SITE, "hatch.toml": "[envs.default]\ndependencies = [\n  'django==5.2',\n]\n"}, "and hatch.toml names Django"),
    case("extra of setup.cfg", {**SITE, "setup.cfg": "[options.extras_require]\nprod =\n    Django>=4\n"}, "and setup.cfg names Django"),
    case("conda with a capital", {**SITE, "Environment.yml": "dependencies:\n  - django\n"}, "and Environment.yml names Django"),
    case("lock in a folder of its own", {**SITE, "locks/pylock.toml": '[[packages]]\nname = "django"\n'}, "and locks/pylock.toml names Django"),
    case("file of the inventory", SITE, "The source has no x.txt: `requirements_files` names one that it has.", requirements_files=("x.txt",)),
    case("broken pyproject.toml", {**SITE, "pyproject.toml": "[project", **DJANGO}, "pyproject.toml of the project cannot be read: "),
    case("broken uv.lock", {**SITE, "pyproject.toml": PROJECT, "uv.lock": "<<<<<<< HEAD\n"}, "uv.lock of the project cannot be read: "),
    case("broken Pipfile.lock", {**SITE, "Pipfile": "", "Pipfile.lock": "{"}, "Pipfile.lock of the project cannot be read: "),
    case("broken requires-python", {**SITE, "pyproject.toml": PROJECT + 'requires-python = "three"\n'}, "pyproject.toml of the project cannot be read: its requires-python is 'three'"),
    case("broken requirement", {**SITE, "uv.lock": UVLOCK, "pyproject.toml": PROJECT.replace("Django>=5", "Django => 5")}, "pyproject.toml of the project cannot be read: 'Django => 5' is no requirement."),
    case("lock without its project", {**SITE, "poetry.lock": LOCK}, "poetry.lock of the project has no pyproject.toml beside it."),
]  # fmt: skip


@pytest.mark.parametrize(("files", "asked", "sentence"), WRONG)
def test_what_is_refused_in_one_sentence(look, files, asked, sentence):
    with pytest.raises(FailedError, match=sentence) as raised:
        look(files, **asked)
    assert "\n" not in str(raised.value).rstrip()


def test_a_list_that_is_no_utf8_is_read_all_the_same(tmp_path):
    """Of Latin-1 is a comment, mostly, and uv refuses the whole file."""
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "requirements.txt").write_bytes(b"# f\xfcr uns\nDjango==5.2\n")
    (one,) = read(tmp_path, Asked()).dependencies
    assert one.lines == ("Django==5.2",)


@pytest.mark.parametrize(
    ("files", "version", "chosen", "wrong"),
    [
        ({"pyproject.toml": PROJECT + 'requires-python = ">=3.11"\n'}, "3.11.2", False, ""),
        ({"pyproject.toml": PROJECT + 'requires-python = ">=3.12"\n'}, "3.11.2", False, ">=3.12"),
        ({"pyproject.toml": PROJECT + 'requires-python = "==3.14.*"\n'}, "3.13.5", True, "==3.14.*"),
        ({"pyproject.toml": PROJECT + 'requires-python = "^3.11"\n'}, "3.13.5", False, ""),
        ({"pyproject.toml": PROJECT + 'requires-python = "^3.12"\n'}, "3.11.2", False, "^3.12"),
        ({"pyproject.toml": POETRY}, "3.11.2", False, ""),
        ({"pyproject.toml": POETRY.replace("^3.11", "~3.12")}, "3.13.5", False, "~3.12"),
        ({"pyproject.toml": POETRY.replace("^3.11", "3.12.*")}, "3.12.9", False, ""),
        ({"pyproject.toml": POETRY.replace("^3.11", "^2.7 || ^3.9")}, "3.11.2", False, ""),
        ({"pyproject.toml": POETRY.replace("^3.11", ">=3.9 <3.11")}, "3.11.2", False, ">=3.9 <3.11"),
        ({"pyproject.toml": POETRY.replace("^3.11", "*")}, "3.11.2", False, ""),
        ({"Pipfile": '[requires]\npython_version = "3.13"\n'}, "3.11.2", False, "3.13"),
        ({"Pipfile": '[requires]\npython_version = "3.11"\n'}, "3.11.2", False, ""),
        (
            {".python-version": "3.13\n", "pyproject.toml": PROJECT + 'requires-python = ">=3.11"\n'},
            "3.11.2",
            False,
            "",
        ),
        ({".python-version": "3.13\n"}, "3.11.2", False, "3.13"),
        ({".python-version": "3.13\n"}, "3.11.2", True, ""),
        ({".python-version": "# ours\n3.11.9\n"}, "3.11.2", False, ""),
        ({".python-version": "shop-env\n"}, "3.11.2", False, ""),
        ({"runtime.txt": "python-3.12.4\n"}, "3.11.2", False, "3.12"),
        ({".python-version": ">=3.11\n"}, "3.11.2", False, ""),
        ({".python-version": ">=3.12\n"}, "3.11.2", False, ">=3.12"),
        ({".python-version": "pypy3.10\n"}, "3.11.2", False, ""),
        ({"mise.toml": "[tools]\npython = '3.12'\n"}, "3.11.2", False, "3.12"),
        ({".mise.toml": "[tools]\npython = {version = '3.12.4'}\nnode = '20'\n"}, "3.11.2", False, "3.12"),
        ({"setup.cfg": "[options]\npython_requires = >=3.12\n"}, "3.11.2", False, ">=3.12"),
        ({"setup.py": "setup(\n    python_requires='>=3.12, <4',\n)\n"}, "3.11.2", False, ">=3.12, <4"),
        ({"setup.py": "setup(python_requires='>=3.8.*')\n"}, "3.11.2", False, ""),
        ({"manage.py": "# /// script\n# requires-python = '>=3.12'\n# ///\n" + MANAGE}, "3.11.2", False, ">=3.12"),
        ({"pylock.toml": "requires-python = '>=3.12'\n[[packages]]\nname = 'django'\n"}, "3.11.2", False, ">=3.12"),
        (
            {
                "Pipfile": "",
                "Pipfile.lock": PIPLOCK.replace('{}, "d', '{"requires": {"python_version": "3.12"}}, "d', 1),
            },
            "3.11.2",
            False,
            "3.12",
        ),
        (
            {"pyproject.toml": PROJECT, "pdm.lock": LOCK + "[[metadata.targets]]\nrequires_python = '>=3.12'\n"},
            "3.11.2",
            False,
            ">=3.12",
        ),
        (
            {
                "pyproject.toml": PROJECT + 'requires-python = ">=3.11"\n',
                "uv.lock": "requires-python = '>=3.13'\n" + UVLOCK,
            },
            "3.11.2",
            False,
            ">=3.13",
        ),
        ({".tool-versions": "nodejs 20\npython 3.12.4\n"}, "3.11.2", False, "3.12"),
        ({}, "3.11.2", False, ""),
    ],
)
def test_which_python(look, files, version, chosen, wrong):
    plan = look({**SITE, **DJANGO, **files})
    found = pythons.judge(plan.demands, version, chosen)
    assert (found.text if found else "") == wrong


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("3.13.0rc1", "3.13"),
        ("3.15-dev", "3.15"),
        ("3.13t", "3.13"),
        ("3.13.1+freethreaded", "3.13"),
        ("cpython-3.12.4-linux-x86_64-gnu", "3.12"),
        ("cpython@3.12", "3.12"),
        ("cp312", "3.12"),
        ("Python 3.12.4", "3.12"),
        ("python-3.12.x", "3.12"),
        ("3.12.*", "3.12"),
        ("v3.12", "3.12"),
        ("3.12.1/envs/shop", "3.12"),
        ("3.12.1 3.11.4", "3.12"),
        ("cpython>=3.12", ">=3.12"),
        ("3", ""),
        ("system", ""),
        ("pypy3.10-7.3.17", ""),
        ("miniconda3-3.10-24.1", ""),
    ],
)
@pytest.mark.parametrize(("file", "encoding"), [(".python-version", "utf-8"), ("runtime.txt", "utf-16")])
def test_python_of_a_version_manager(look, tmp_path, text, release, file, encoding):
    look({**SITE, **DJANGO})
    (tmp_path / "source" / file).write_text(f"{text}\r\n", encoding=encoding)
    assert [one.text for one in look({}).demands] == [release] * bool(release)


@pytest.mark.parametrize(
    ("texts", "version"),
    [
        ((("==3.14.*", True),), "3.14"),
        (((">=3.12", True),), "3.12"),
        (((">=3.12", True), ("==3.13.*", False)), "3.13"),
        (((">=3.12", True), ("==3.11.*", False)), "3.12"),
        ((("==3.13.*", False), ("==3.12.*", False)), ""),
        (((">=3.12.4,<3.13", True),), "3.12"),
        (((">=3.13", True), ("<3.13", True)), ""),
        ((("==2.7.*", True),), ""),
        (((">=3.9,<3.12", True),), "3.11"),
        (((">=3.9,<=3.12", True),), "3.11"),
        (((">=3.9,<3.12", True), ("==3.10.*", False)), "3.10"),
        ((("==3.12.4", True),), "3.12.4"),
        ((("==3.12.4", True), ("==3.12.*", False)), "3.12.4"),
        (((">=3.12,<3.12.8,!=3.12.7", True),), "3.12.6"),
        ((("~=3.12.4", True),), "3.12"),
        ((("==3.12.4", True), ("==3.12.5", True)), ""),
    ],
)
def test_python_to_name(texts, version):
    assert pythons.proposal(tuple(pythons.Demand("x", text, (text,), strict) for text, strict in texts)) == version


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"pyproject.toml": POETRY.replace("^3.11", "3.12.4")}, "3.12.4"),
        ({"Pipfile": '[requires]\npython_full_version = "3.12.7"\npython_version = "3.12"\n'}, "3.12.7"),
        ({"pyproject.toml": PROJECT + 'requires-python = "==3.12.4"\n'}, "3.12.4"),
        ({"setup.py": "setup(python_requires='>=3.10,<=3.10.2')\n"}, "3.10.2"),
    ],
)
def test_an_exact_python_is_proposed_as_the_inventory_takes_it(look, files, version):
    plan = look({**SITE, **DJANGO, **files})
    wrong = pythons.judge(plan.demands, "3.11.2", chosen=False)
    assert f'say `python: "{version}"`' in pythons.refusal(plan.demands, wrong, "python3 of this host is 3.11.2")


def test_each_choice_has_its_reason(look):
    files = {**SPLIT, **WSGI, "manage.py": BASE + 'sys.path.append("apps")\n' + SPLIT["manage.py"], "apps/x.py": ""}
    plan = look({**files, "pyproject.toml": POETRY, "poetry.lock": LOCK}, requirements=("sentry-sdk",))
    assert [str(one) for one in plan.choices] == [
        "working directory: ., of manage.py",
        "settings: config.settings.production, from config/wsgi.py, which a server runs; manage.py names config.settings.local",
        "dependencies: poetry.lock, the lock of Poetry",
        "dependencies: sentry-sdk, from the inventory",
        "on the path of imports: apps, last, as manage.py does",
    ]


def test_callable_that_the_tree_offers(look):
    wsgi = MANAGE + "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    files = {"src/manage.py": MANAGE, "src/shop/wsgi.py": wsgi, "src/shop/settings.py": "", **DJANGO}
    assert look(files).application == "shop.wsgi:application"
    assert look(files, interface="asgi").application == ""
    assert look({**files, "src/shop/asgi.py": wsgi}, interface="asgi").application == "shop.asgi:application"
    # Of several the one beside the settings; none where nobody can tell.
    two = {**files, "src/shop/asgi.py": wsgi, "src/live/asgi.py": wsgi}
    assert look(two, interface="asgi").application == "shop.asgi:application"
    assert (
        look({**files, "src/a/asgi.py": wsgi, "src/b/asgi.py": wsgi}, settings="x.y", interface="asgi").application
        == ""
    )


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_constraints_that_are_no_utf8(look, tmp_path, encoding):
    look({**SITE, **DJANGO, "plain.txt": "b<2\n-c limits.txt\n-c plain.txt\n", "more.txt": "a<2\n"})
    (tmp_path / "source/limits.txt").write_text("# f\xfcr uns\nDjango==5.2\n-r more.txt\n", encoding=encoding)
    (one,) = look({"requirements.txt": "-c limits.txt\n-c plain.txt\nDjango\n"}).dependencies
    assert (set(one.lines), set(one.limits)) == ({"Django"}, {"Django==5.2", "a<2", "b<2"})


def test_constraints_that_uv_can_read_stay(look):
    files = {
        **SITE,
        "requirements.txt": "-c a/limits.txt\nDjango\n",
        "a/limits.txt": "b @ file:///home/me/b\n-c limits.txt\n",
    }
    assert look(files).dependencies[0].lines == ()
    (one,) = look({"requirements.txt": "-c a/limits.txt\n--require-hashes\n"}).dependencies
    assert (one.lines, one.limits) == (("-c ./source/a/limits.txt",), ())


def test_list_that_powershell_wrote(look, tmp_path):
    look({**SITE, **DJANGO})
    (tmp_path / "source/requirements.txt").write_text("Django==5.2.1\n", encoding="utf-16")
    assert look({}).dependencies[0].lines == ("Django==5.2.1",)


def test_wheel_is_not_read(look):
    assert look({"x.whl": ""}, wheel=True, settings="x.settings").settings == "x.settings"
