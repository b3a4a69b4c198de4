"""Causes of failures, down to the root, and what helps against the usual ones: as the libraries really say them."""

import pytest
from groundcrew_release import causes, host

LOGGING = """Traceback (most recent call last):
  File "/usr/lib/python3.11/logging/config.py", line 573, in configure
    handler = self.configure_handler(handlers[name])
OSError: [Errno 30] Read-only file system: '/srv/shop/releases/f00/source/logs/site.log'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "manage.py", line 22, in <module>
    main()
ValueError: Unable to configure handler 'file'
"""
TRACE = "Traceback (most recent call last):\n  File 'x', line 1, in <module>\n    y\n{}\n"
DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"
ENVIRON = "Traceback (most recent call last):\n  File \"<frozen os>\", line 679, in __getitem__\nKeyError: '{}'\n"


def test_a_failure_is_told_down_to_the_root():
    assert str(host.failure("python manage.py check", LOGGING, 1)) == (
        "`python manage.py check` failed: ValueError: Unable to configure handler 'file', because of OSError: "
        "[Errno 30] Read-only file system: '/srv/shop/releases/f00/source/logs/site.log'. A release cannot be "
        "written, and /srv/shop/releases/f00/source/logs/site.log is in it: write to a folder that outlives it, "
        "such as `directories: [/srv/shop/data]`, or log to standard error, which the journal keeps."
    )


def test_only_what_led_to_the_last_traceback_counts():
    log = TRACE.format("OSError: before") + "\n" + TRACE.format("A: 1") + DURING + TRACE.format("B: 2")
    assert causes.read_chain(log) == ["B: 2", "A: 1"]
    again = TRACE.format("psycopg.Error: no") + DURING + TRACE.format("django.Error: no")
    assert causes.read_chain(again) == ["django.Error: no"], "the same words once"
    assert causes.read_chain("nothing") == []


@pytest.mark.parametrize(
    ("said", "helps"),
    [
        ("PermissionError: [Errno 13] Permission denied: '/var/log/shop.log'", "/var/log/shop.log is outside of"),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/srv/shop/releases/a/source/logs/x.log'",
            "`directories: [/srv/shop/data]`",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/opt/mailman/web/logs/mailmanweb.log'",
            "`directories: [/opt/mailman/web/logs]` makes a folder for it",
        ),
        ("PermissionError: [Errno 13] Permission denied: '/var/lib/patchman'", "`directories: [/var/lib/patchman]`"),
        ("OSError: [Errno 30] Read-only file system: '/etc/shop/x.key'", "`directories: [/srv/NAME/data]`"),
        (
            "OSError: [Errno 30] Read-only file system: '/srv/shop/releases/a/venv/lib/x/static'",
            "let the settings collect static files into /etc/django/shop/release/static",
        ),
        (
            "OSError: [Errno 30] Read-only file system: '/srv/shop/releases/a/static/CACHE/x.css'",
            "`directories: [/srv/shop/data]`",
        ),
        ("django.db.utils.OperationalError: attempt to write a readonly database", "`database_url` names another"),
        (
            "OSError: cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open",
            "`packages: [libpangoft2-1.0-0]`",
        ),
        ("OSError: cannot load library 'gobject-2.0-0': error 0x7e", "`packages: [libpangoft2-1.0-0]`"),
        (
            "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
            "Debian has the library libGL.so.1 in the package libgl1: `packages: [libgl1]`.",
        ),
        ("ImportError: libxmlsec1-openssl.so.1: cannot open shared object file", "`packages: [libxmlsec1-dev]`"),
        ("ImportError: libnever.so.1: cannot open shared object file", "The host lacks the library libnever.so.1"),
        ('django.core.exceptions.ImproperlyConfigured: Could not find the GDAL library (tried "gdal")', "[gdal-bin]"),
        ("ImportError: failed to find libmagic.  Check your installation", "`packages: [file]`"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'pdftotext'", "`packages: [poppler-utils]`"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data.json'", ""),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'nothing'", ""),
        ("ModuleNotFoundError: No module named 'yaml'", "`requirements: [PyYAML]`"),
        ("ModuleNotFoundError: No module named 'rest_framework.urls'", "`requirements: [djangorestframework]`"),
        ("ModuleNotFoundError: No module named 'pkg_resources'", "`requirements: [setuptools<81]`"),
        ("ModuleNotFoundError: No module named 'cgi'", "`requirements: [legacy-cgi]`"),
        ("ModuleNotFoundError: No module named 'shop.extras'", "Nothing that was installed has a module shop"),
        (
            "django.core.exceptions.ImproperlyConfigured: Error loading MySQLdb module.\nDid you install mysqlclient?",
            "`requirements: [mysqlclient]`",
        ),
        (
            "django.core.exceptions.ImproperlyConfigured: Set the SECRET_KEY environment variable",
            "`env: {SECRET_KEY: ...}`, or `secrets: {SECRET_KEY: 50}` for one that is made up on the host.",
        ),
        (
            "The settings do not import: ValidationError: 2 validation errors for Env stripe_key Field required [type=",
            "The project reads STRIPE_KEY from its environment: `env: {STRIPE_KEY: ...}`, or `secrets: {STRIPE_KEY: ",
        ),
        (
            "ImproperlyConfigured: django-configurations settings importer wasn't correctly installed. Please",
            "names it",
        ),
        (
            "ImproperlyConfigured: The ALLOWED_HOSTS setting must be a list or a tuple.",
            "`env: {DJANGO_ALLOWED_HOSTS: '[",
        ),
        ("ImproperlyConfigured: Invalid cache schema unix", "not by REDIS_URL"),
        ("decouple.UndefinedValueError: API_URL not found. Declare it as envvar or", "`env: {API_URL: ...}`."),
        ('environs.EnvError: Environment variable "API_URL" not set', "`env: {API_URL: ...}`."),
        (
            'django.db.utils.OperationalError: could not translate host name "db" to address: Name or',
            "No database answers at db: ",
        ),
        ("django.db.utils.OperationalError: failed to resolve host 'postgres': [Errno -2] x", "answers at postgres: "),
        (
            'django.db.utils.OperationalError: connection to server at "localhost" (::1), port 5432 failed: Connection '
            "refused",
            "No database answers at localhost: ",
        ),
        (
            "MySQLdb.OperationalError: (2003, \"Can't connect to MySQL server on 'db:3306' (111)\")",
            "answers at db:3306",
        ),
        (
            "x.OperationalError: (2002, \"Can't connect to local server through socket '/run/m.sock' (2)\")",
            "No database answers at /run/m.sock",
        ),
        (
            'connection to server on socket "/run/x" failed: FATAL:  Peer authentication failed for user "web"',
            "The database refuses the user web",
        ),
        ('django.db.utils.OperationalError: FATAL:  role "web" does not exist', "refuses the user web"),
        ("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.", "No Redis"),
        ("ValueError: Missing staticfiles manifest entry for 'x.css'", ""),
        ("KeyError: 'colour'", ""),
    ],
)
def test_what_helps(said, helps):
    advice = causes.advise(TRACE.format(said))
    assert helps in advice
    assert bool(advice) is bool(helps)


def test_a_package_that_this_python_is_too_old_for():
    """What uv says of `wagtail start`, whose Django 6.1 Debian 12 cannot run."""
    said = "error: No solution found when resolving dependencies\n  cause: Because the current Python version (3.11.2) "
    said += (
        "does not satisfy Python>=3.12 and django>=6.1 depends on Python>=3.12, we can conclude that it cannot be.\n"
    )
    assert causes.advise(said) == (
        'django runs on Python 3.12 and newer, and this one is 3.11.2: `python: "3.12"` has uv install one, and '
        "`overrides: [django==...]` takes a version of django that runs here."
    )


def test_a_variable_that_is_missing_is_no_other_key():
    assert "`env: {API_URL: ...}`" in causes.advise(ENVIRON.format("API_URL"))


def test_without_a_traceback_what_was_said_last_counts():
    said = 'x\nThe database does not answer: connection to server at "db", port 5432 failed: Connection refused\n'
    assert causes.explain(said).startswith(". No database answers at db: ")
