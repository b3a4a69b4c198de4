"""A site, a project and a server as production Django asks for them; and as popular tutorials leave them."""

from dataclasses import replace

from report.observed import Answer, Certificate, Server, Site

HEADERS = (
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("Server", "nginx"),
)
COOKIE = ("Set-Cookie", "csrftoken=abc; Path=/; SameSite=Lax; Secure")
REDIRECT = Answer(301, (("Location", "https://shop.org/"),))
CACHED = (("Cache-Control", "max-age=31536000, public, immutable"),)
SITE = Site(
    address="https://shop.org",
    name="shop.org",
    resolved=("93.184.216.34",),
    connected="93.184.216.34",
    secure=True,
    certificate=Certificate(trusted=True, days=60, life=90),
    tls={"TLS 1.0": False, "TLS 1.1": False, "TLS 1.3": True},
    home=Answer(200, HEADERS, "<h1>Shop</h1>"),
    plain=REDIRECT,
    missing=Answer(404, HEADERS, "Not Found", "/nothing/"),
    strange=(Answer(0), Answer(400, (), "Bad Request")),
    pages=(Answer(200, (*HEADERS, COOKIE), "<form>", "/admin/login/"),),
    private=(Answer(404, (), "", "/.env"), Answer(404, (), "", "/.git/HEAD")),
    static=Answer(200, CACHED, "", "/static/base.0123456789ab.css"),
)
PROJECT = {
    "name": "shop",
    "groundcrew": True,
    "module": "shop",
    "django": "5.2.9",
    "debug": False,
    "allowed_hosts": ["shop.org"],
    "secret_key": "",
    "databases": {"default": {"engine": "postgresql", "kept": 60, "pool": False}},
    "cache": "RedisCache",
    "sessions": "db",
    "uses_sessions": True,
    "email": "smtp",
    "asgi": False,
    "checks": [],
    "pending": [],
}
PROCESS = {"kind": "gunicorn", "user": "shop", "unit": "shop-web@1.service", "folder": "/srv/shop/releases/1/work"}
RELEASE = {"id": "0123456789ab", "version": "v1.5.0", "state": "current", "by": "ops@laptop", "reason": ""}
RELEASE["deployed"] = "2026-11-26T13:50:07+00:00"
SAID = {
    "root": True,
    "system": "Debian GNU/Linux 13 (trixie)",
    "addresses": ["93.184.216.34"],
    "listening": [
        {"address": "0.0.0.0", "port": port, "program": program}
        for port, program in ((22, "sshd"), (80, "nginx"), (443, "nginx"))
    ],
    "failed": [],
    "systemd": True,
    "updates": {"security": [], "other": 0, "age": 3600, "automatic": True},
    "reboot": None,
    "disks": [{"path": "/", "space": 30, "inodes": 4}],
    "sshd": {"passwordauthentication": "no", "permitrootlogin": "no"},
    "journal": True,
    "servers": [PROCESS],
    "applications": [PROJECT],
    "releases": {"shop": [RELEASE]},
    "leaks": {"files": [], "units": []},
    "names": ["shop.org"],
    "backup": {"well": True, "says": "last backup: 3 h ago, in 4 s\nlast proved restore: 2 d ago, in 9 s"},
    "alerts": [{"severity": "none", "summary": "Watchdog: Prometheus and Alertmanager work"}],
    "authority": "",
}
SERVER = Server("web1", said=SAID, open=frozenset({22, 80, 443}))


def project(**changes):
    """Return the server with its project changed."""
    return replace(SERVER, said={**SAID, "applications": [{**PROJECT, **changes}]})


def server(opened=(22, 80, 443), **changes):
    """Return the server, changed."""
    return replace(SERVER, said={**SAID, **changes}, open=frozenset(opened))


def ships(*releases):
    """Return the server with other releases, each by what differs from the one that serves."""
    return server(releases={"shop": [{**RELEASE, **one} for one in releases]})


def listens(port, program, opened=True, **changes):
    """Return the server with one more port."""
    more = [*SAID["listening"], {"address": "0.0.0.0", "port": port, "program": program}]
    return server([22, 80, 443, *[port] * opened], listening=more, **changes)


def without(name):
    """Return the site whose home page lacks a header."""
    return replace(SITE, home=Answer(200, tuple(one for one in HEADERS if one[0] != name)))


def tutorial():
    """Return a site and a server: DEBUG on, SQLite, runserver behind a plain proxy, HTTP only."""
    page = (
        "<title>Page not found at /nothing/</title> You're seeing this error because you have <code>DEBUG = True</code>"
    )
    cookie = ("Set-Cookie", "csrftoken=abc; Path=/; SameSite=Lax")
    headers = (("Server", "nginx/1.26.3"), ("X-Content-Type-Options", "nosniff"))
    site = replace(
        SITE,
        secure=False,
        certificate=None,
        tls={},
        home=Answer(200, headers),
        plain=Answer(200, headers),
        missing=Answer(404, headers, page, "/nothing/"),
        strange=(Answer(200, headers, "<h1>Shop</h1>"),),
        pages=(Answer(200, (*headers, cookie), "<form>", "/admin/login/"),),
        static=Answer(200, (), "", "/static/admin/css/base.css"),
    )
    runs = {"kind": "runserver", "user": "root", "unit": "session-3.scope", "folder": "/root/shop"}
    told = {
        **PROJECT,
        "debug": True,
        "allowed_hosts": ["*"],
        "secret_key": "it is the one that startproject wrote",
        "databases": {"default": {"engine": "sqlite3", "kept": 0, "pool": False}},
        "cache": "LocMemCache",
        "checks": [["security.W018", 30, "You should not have DEBUG set to True in deployment."]],
        "pending": ["auth.0001_initial"],
    }
    host = listens(
        8000,
        "python3",
        servers=[runs],
        applications=[told],
        leaks={"files": ["/root/shop/.env"], "units": ["shop.service"]},
        sshd={"passwordauthentication": "yes", "permitrootlogin": "yes"},
        updates={"security": ["openssl"], "other": 3, "age": 60, "automatic": False},
        backup={"programs": []},
        journal=False,
    )
    return site, host
