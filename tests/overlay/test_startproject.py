"""An untouched `startproject` in production, seen from outside: its checks, static files, requests and log."""

import json
import re
from pathlib import Path

import pytest
from groundcrew_release import configure

OVERLAY = Path(__file__).parents[2] / "roles/django_app/files/groundcrew_release/inside"

REQUESTS = """
import django
django.setup()
from django.test import Client
client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={'host': 'shop.example.org'})
https = {'headers': {'host': 'shop.example.org', 'x-forwarded-proto': 'https'}}
login = client.get('/admin/login/', **https)
form = {'csrfmiddlewaretoken': client.cookies['csrftoken'].value}  # and no name: an empty form needs no database
origin = {'headers': {**https['headers'], 'origin': 'https://shop.example.org'}}
foreign = {'headers': {**https['headers'], 'origin': 'https://evil.example.org'}}
print({
    'plain': client.get('/admin/').headers['Location'],
    'login': login.status_code,
    'hsts': login.headers['Strict-Transport-Security'],
    'cookie': client.cookies['csrftoken']['secure'],
    'post': client.post('/admin/login/', form, **origin).status_code,
    'foreign': client.post('/admin/login/', form, **foreign).status_code,
    'host': client.get('/', headers={'host': 'evil.example.org'}).status_code,
    'missing': b'DEBUG' in client.get('/missing/', **https).content,
})
"""

SHOWN = "import os; from django.conf import settings; print(settings.DEBUG, os.environ['DJANGO_SETTINGS_MODULE'])"

FAILING_VIEW = """
import django
django.setup()
from django.test import RequestFactory
from django.core.handlers.exception import response_for_exception
try:
    raise RuntimeError('something broke')
except RuntimeError as error:
    response_for_exception(RequestFactory().get('/'), error)
import logging
logging.getLogger('shop.orders').info('an order')
"""


def test_deployment_checks_are_clean(project):
    result = project("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert result.returncode == 0, result.stderr


def test_without_the_overlay_they_are_not(project):
    """The other way round: the gate itself works."""
    result = project(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", DJANGO_SETTINGS_MODULE="shop.settings"
    )
    assert result.returncode == 1
    assert "security.W018" in result.stderr


@pytest.mark.parametrize("program", ["manage.py", "shop/wsgi.py", "shop/asgi.py"])
def test_a_program_that_names_its_settings_by_force_has_the_overlay(project, tmp_path, program):
    """As Python starts in a release, which reads a line of its `.pth`."""
    (tmp_path / "groundcrew_project.pth").write_text(configure.START)
    text = (project.folder / program).read_text()
    forced = re.sub(r"os\.environ\.setdefault\((.*), (.*)\)", r"os.environ[\1] = \2", text)
    assert forced != text
    (tmp_path / "program.py").write_text(f"import site; site.addsitedir({str(tmp_path)!r})\n{forced}\n{SHOWN}")
    shown = project(
        tmp_path / "program.py", "check", PYTHONPATH=f"{project.environment['PYTHONPATH']}:{project.folder}"
    )
    assert shown.stdout.splitlines()[-1:] == ["False groundcrew_settings"], shown.stderr


def test_what_takes_the_place_of_djangos_settings_is_refused(project):
    text = "import django.conf\nclass Box: pass\nBox.__module__ = 'dynaconf.base'\ndjango.conf.settings = Box()\n"
    (project.folder / "boxed_settings.py").write_text(f"from shop.settings import *\n{text}")
    result = project("-c", "import groundcrew_settings", GROUNDCREW_SETTINGS_MODULE="boxed_settings")
    assert "boxed_settings uses dynaconf, which takes the place of Django's settings" in result.stderr


def test_report(project):
    listed = json.loads(project("-m", "groundcrew_settings", "--json").stdout)
    assert {"name": "DEBUG", "was": "True", "now": "False"} in listed
    table = project("-m", "groundcrew_settings").stdout.splitlines()
    assert [line.split()[0] for line in table] == [entry["name"] for entry in listed]


def test_missing_variable_is_one_sentence(project):
    """As a server starts. `manage.py check` may say AppRegistryNotReady: its checks come in any order."""
    result = project("-c", "import django; django.setup()", DJANGO_SECRET_KEY="")
    last = result.stderr.splitlines()[-1]
    assert last.endswith("SECRET_KEY is empty or weak: set DJANGO_SECRET_KEY to 50 random characters.")


def test_requests(project):
    result = project("-", text=REQUESTS)
    assert result.stdout.strip() == str(
        {
            "plain": "https://shop.example.org/admin/",
            "login": 200,
            "hsts": "max-age=31536000",
            "cookie": True,
            "post": 200,
            "foreign": 403,
            "host": 400,
            "missing": False,
        }
    ), result.stderr


def test_errors_reach_the_journal(project):
    stderr = project("-", text=FAILING_VIEW).stderr
    assert "ERROR django.request: Internal Server Error: /" in stderr
    assert "RuntimeError: something broke" in stderr
    assert "INFO shop.orders: an order" in stderr


def test_static_files_have_hashed_names_and_a_missing_file_breaks_nothing(project):
    static = project.folder / "assets"
    static.mkdir()
    (static / "shop.css").write_text("body { background: url('missing.png') } h1 { background: url('here.png') }")
    (static / "here.png").write_text("picture")
    (static / "shop.js").write_text("//# sourceMappingURL=shop.js.map\n")
    local = "from shop.settings import *\nSTATICFILES_DIRS = [BASE_DIR / 'assets']\n"
    (project.folder / "local_settings.py").write_text(local)
    settings = {"GROUNDCREW_SETTINGS_MODULE": "local_settings"}
    collect = project("manage.py", "collectstatic", "--noinput", **settings)
    assert collect.returncode == 0, collect.stderr
    wanted = ["shop.css", "missing.png", "admin/css/base.css"]
    code = f"from django.templatetags.static import static; print(*map(static, {wanted}))"
    css, missing, admin = project("manage.py", "shell", "-c", code, **settings).stdout.split()[-3:]
    collected = project.folder / "collected"
    text = (collected / css.removeprefix("/static/")).read_text()
    assert css != "/static/shop.css"
    assert "url('missing.png')" in text.replace('"', "'")
    assert "url('here.png')" not in text.replace('"', "'")
    assert missing == "/static/missing.png"
    assert (collected / admin.removeprefix("/static/")).is_file()


def test_a_static_file_that_hashing_cannot_take_keeps_its_plain_name(project):
    static = project.folder / "vendored"
    static.mkdir()
    latin = "/* Größe */ a { background: url('here.svg') }".encode("latin-1")
    long = f"{'n' * 240}.svg"
    sources = {
        "old.css": latin,
        "old.js": b"// caf\xe9",
        "shop.css": b"@import 'old.css'; b { background: url('here.svg') } i { background: url('gone.svg') }",
        "up.css": b"a { background: url('../../../../../etc/gone.svg') }",
        "odd.css": b"a { background: url('http://[x') } b { background: url(here.svg) } i { background: url(x://[y) }",
        "circle.css": b"@import 'back.css';",
        "back.css": b"@import 'circle.css';",
        "here.svg": b"<svg/>",
        long: b"<svg/>",
    }
    for name, content in sources.items():
        (static / name).write_bytes(content)
    local = "from shop.settings import *\nSTATICFILES_DIRS = [BASE_DIR / 'vendored']\n"
    (project.folder / "vendored_settings.py").write_text(local)
    folder = project.folder / "collected-vendored"
    settings = {"GROUNDCREW_SETTINGS_MODULE": "vendored_settings", "DJANGO_STATIC_ROOT": str(folder)}
    collect = project("manage.py", "collectstatic", "--noinput", **settings)
    assert collect.returncode == 0, collect.stderr
    manifest = json.loads((folder / "staticfiles.json").read_text())["paths"]
    assert {"old.css", "old.js", "circle.css", "back.css"} & set(manifest) == set()
    assert (folder / "old.css").read_bytes() == latin, "as it came"
    assert (folder / long).is_file()
    page = (folder / manifest["shop.css"]).read_text()
    assert 'url("old.css")' in page, "who names it finds it"
    assert manifest["here.svg"] in page
    assert "gone.svg" in page
    code = "from django.templatetags.static import static; print(*map(static, ['old.css', 'back.css']))"
    shown = project("manage.py", "shell", "-c", code, **settings).stdout.split()
    assert shown[-2:] == ["/static/old.css", "/static/back.css"]
    told = [line for line in collect.stderr.splitlines() if line.startswith("Groundcrew: ")]
    assert "Groundcrew: the static file old.css keeps its plain name: it is not UTF-8 (byte 0xf6 at 5)" in told
    assert "Groundcrew: the static file back.css keeps its plain name: it imports itself in a circle" in told
    assert any(line.endswith("n.svg keeps its plain name: its name has no room for a hash") for line in told)
    assert any("that others name are not there: " in line and "gone.svg" in line for line in told)
    # A project's own storage stays as strict as it is.
    own = "STORAGES['staticfiles'] = {'BACKEND': 'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'}"
    own = f"{local}from django.conf import global_settings\nSTORAGES = dict(global_settings.STORAGES)\n{own}\n"
    (project.folder / "vendored_settings.py").write_text(own)
    assert project("manage.py", "collectstatic", "--noinput", "--clear", **settings).returncode == 1


def test_package_that_reads_settings_while_it_is_imported(project):
    """As a celery.py does that `__init__.py` imports: Django asks for the settings again before they are complete."""
    package = project.folder / "early"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("from django.conf import settings\nSEEN = settings.ANSWER, settings.DEBUG")
    (package / "settings.py").write_text("from shop.settings import *\nANSWER = 42")
    settings = {"GROUNDCREW_SETTINGS_MODULE": "early.settings"}
    code = "from django.conf import settings; settings.DEBUG; import early; print(early.SEEN, settings.ANSWER)"
    result = project("-c", code, **settings)
    assert result.stdout.strip() == "(42, False) 42", result.stderr
    assert "DEBUG                    True  ->  False" in project("-m", "groundcrew_settings", **settings).stdout


FRONT_END = """
from pathlib import Path
from types import SimpleNamespace
import describe
settings = SimpleNamespace(
    INSTALLED_APPS=APPS,
    STATICFILES_DIRS=["static", Path("/a/b"), ("prefix", "/c")],
    WEBPACK_LOADER={"DEFAULT": {}, "ADMIN": {"STATS_FILE": Path("/w/stats.json")}},
    DJANGO_VITE={"default": {"dev_mode": False}, "other": {"manifest_path": "/v/manifest.json"}},
    DJANGO_VITE_ASSETS_PATH=Path("/assets"),
)
print(json.dumps(describe.read_front_end(settings)))
"""


def test_what_settings_name_of_a_front_end(project):
    def named(*apps):
        text = f"import json\nAPPS = {list(apps)}\n{FRONT_END}"
        return json.loads(project("-", text=text, PYTHONPATH=str(OVERLAY)).stdout)

    folders = {"STATICFILES_DIRS": [str(project.folder / "static"), "/a/b", "/c"]}
    assert named() == folders
    assert named("webpack_loader", "django_vite") == {
        **folders,
        "WEBPACK_LOADER": [str(project.folder / "webpack-stats.json"), "/w/stats.json"],
        "DJANGO_VITE": ["/v/manifest.json"],
        "DJANGO_VITE_ASSETS_PATH": ["/assets"],
        "DJANGO_VITE_MANIFEST_PATH": [],
    }


MAIL = """
import sys

import django

django.setup()
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

try:
    raise ValueError("an error")
except ValueError:
    reporter = ExceptionReporter(RequestFactory().get("/boom/"), *sys.exc_info(), is_email=True)
    print(reporter.get_traceback_text(), reporter.get_traceback_html())
"""


@pytest.mark.parametrize("own", [False, True])
def test_mails_about_errors_carry_no_settings(project, own):
    """Those of a project that has chosen what they carry do."""
    settings = (
        "from shop.settings import *\nBROKER = 'amqp://shop:canary@queue'\nSENTRY_DSN = 'https://canary@sentry'\n"
    )
    chosen = (
        "from django.views.debug import SafeExceptionReporterFilter as Filter\nclass Own(Filter):\n    pass\n"
        "DEFAULT_EXCEPTION_REPORTER_FILTER = 'shop.mails.Own'\n"
    )
    (project.folder / "shop/mails.py").write_text(settings + (chosen if own else ""))
    done = project("-c", MAIL, GROUNDCREW_SETTINGS_MODULE="shop.mails")
    assert "ValueError at /boom/\nan error" in done.stdout, done.stderr
    assert ("canary" in done.stdout) == own
