"""What an inventory takes from a project that somebody set up by hand, and what of it is stopped."""

import pytest
from adoption import look, plan

FOLDER = "/home/sammy/shop"
DATABASE = {
    "engine": "django.db.backends.postgresql",
    "name": "shop",
    "user": "keeper",
    "password": "a/b@c",
    "host": "localhost",
    "port": "",
    "version": 15,
}


def said(**changes):
    """Return what a project says of itself."""
    return {
        "folder": FOLDER,
        "prefix": f"{FOLDER}/env",
        "python": f"{FOLDER}/env/bin/python",
        "user": "sammy",
        "module": "shop.settings",
        "django": "5.2",
        "env": {},
        "secret_key": "0123456789" * 6,
        "allowed_hosts": ["shop.example.org", "www.shop.example.org", "localhost"],
        "media": f"{FOLDER}/media",
        "databases": {"default": DATABASE},
        "remote": "git@example.org:shop.git",
        "branch": "main",
        "changed": [],
        "groundcrew": False,
    } | changes


def seen(**changes):
    """Return what belongs to it."""
    return {
        "units": {
            "gunicorn.service": {"active": True, "enabled": True},
            "gunicorn.socket": {"active": True, "enabled": True},
            "redis-server.service": {"active": True, "enabled": True},
        },
        "crontabs": {},
        "supervisor": [],
        "processes": [],
        "sites": {"/etc/nginx/sites-enabled/shop": ["shop.example.org", "www.shop.example.org"]},
        "letsencrypt": [],
        "uploads": 10 << 20,
        "odd": [],
        "free": 50 << 20,
    } | changes


def answer(*applications, names=("shop.example.org", "www.shop.example.org", "blog.example.org")):
    """Return what the server says."""
    servers = [{"kind": "gunicorn", "user": "sammy", "unit": "gunicorn.service", "folder": FOLDER}]
    return {
        "system": "Debian GNU/Linux 12 (bookworm)",
        "applications": list(applications),
        "servers": servers,
        "names": list(names),
    }


def test_the_one_project_is_found():
    ours = {"name": "other", "groundcrew": True}
    assert plan.choose(answer(ours, said()), "").units == ["gunicorn.service"]


@pytest.mark.parametrize(
    ("applications", "folder", "sentence"),
    [
        ([], "", "No Django project that Groundcrew did not make serves here. It is found by its process"),
        ([{"groundcrew": False, "error": "no module x"}], "", "serves here (no module x)."),
        ([said()], "/srv/x", "serves in /srv/x here."),
        ([said(), said(folder="/opt/b")], "", "Several projects serve here: name the folder of one of them"),
    ],
)
def test_what_cannot_be_chosen_is_said(applications, folder, sentence):
    with pytest.raises(plan.CannotError) as raised:
        plan.choose(answer(*applications), folder)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("media", "runs_in", "found"),
    [
        ("media/", FOLDER, f"{FOLDER}/media"),
        ("../files", FOLDER, "/home/sammy/files"),
        # gunicorn's working directory may be above manage.py, and Django's relative paths begin there.
        ("media/", "/home/sammy", "/home/sammy/media"),
        ("/var/media", "/home/sammy", "/var/media"),
        ("", "/home/sammy", ""),
    ],
)
def test_relative_paths_begin_where_the_process_runs(media, runs_in, found):
    lite = {"default": DATABASE | {"engine": "django.db.backends.sqlite3", "host": "", "name": "db.sqlite3"}}
    given = answer(said(media=media, databases=lite))
    given["servers"][0]["folder"] = runs_in
    project = plan.choose(given, "")
    done = plan.steps(project, seen(), "shop", ["shop.example.org", "www.shop.example.org"])
    assert (project.media, done["media"]) == (found, found)
    assert done["databases"]["default"]["folder"] == runs_in


def test_uploads_that_are_not_taken_along_are_told():
    project = plan.Project(said(media="media", elsewhere={"shop.Invoice.paper": "/var/invoices/"}))
    notes = plan.notes(project, seen(has_media=False), answer())
    assert f"its MEDIA_ROOT, {FOLDER}/media, is no folder: no uploads are taken along" in notes
    assert any(note.startswith("shop.Invoice.paper keeps its files in /var/invoices/") for note in notes)
    assert not any("taken along" in note for note in plan.notes(plan.Project(said()), seen(), answer()))


def test_one_of_several_is_named():
    assert plan.choose(answer(said(), said(folder="/opt/b")), "/opt/b/").folder == "/opt/b"


@pytest.mark.parametrize(
    ("hosts", "names", "found"),
    [
        (["shop.example.org"], ["blog.example.org", "shop.example.org"], ["shop.example.org"]),
        (["*"], ["shop.example.org"], ["shop.example.org"]),
        ([".example.org"], ["example.org", "a.example.org", "anexample.org"], ["example.org", "a.example.org"]),
        (["shop.example.org", "localhost", "127.0.0.1", "[::1]"], [], ["shop.example.org"]),
        (["*"], [], []),
    ],
)
def test_domains_are_those_that_nginx_and_django_serve(hosts, names, found):
    given = answer(names=names)
    assert plan.domains(given, plan.Project(said(allowed_hosts=hosts))) == found


def test_the_environment_is_what_the_server_does_not_set():
    env = {
        "PATH": "/bin",
        "LISTEN_FDS": "1",
        "DEBUG": "1",
        "DATABASE_URL": "x",
        "STRIPE_KEY": "s",
        "DJANGO_SETTINGS_MODULE": "y",
    }
    assert plan.environment(plan.Project(said(env=env)), ["DATABASE_URL"]) == {"STRIPE_KEY": "s"}


@pytest.mark.parametrize("key", ["django-insecure-" + "0123456789" * 6, "short", "ab" * 40])
def test_a_weak_key_is_made_anew(key):
    project = plan.Project(said(secret_key=key))
    assert plan.key(project) == ""
    assert any("SECRET_KEY is weak" in note for note in plan.notes(project, seen(), answer()))


def test_a_good_key_stays():
    assert plan.key(plan.Project(said())) == said()["secret_key"]


def test_a_database_elsewhere_stays_there():
    project = plan.Project(said(databases={"default": DATABASE | {"host": "db.example.org", "port": "6432"}}))
    assert plan.database_url(project) == "postgresql://keeper:a%2Fb%40c@db.example.org:6432/shop"
    assert plan.steps(project, seen(), "shop", ["shop.example.org", "www.shop.example.org"])["databases"] == {}


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "::1", "/var/run/postgresql"])
def test_a_database_here_is_dumped_as_the_superuser_of_its_server(host):
    project = plan.Project(said(databases={"default": DATABASE | {"host": host}}))
    done = plan.steps(project, seen(), "shop", ["shop.example.org", "www.shop.example.org"])
    assert done["databases"]["default"]["user"] == "postgres"
    # The application's database has its name.
    assert done["rename"] == [["shop", "shop_before"]]
    assert plan.steps(project, seen(sites={}), "store", [])["rename"] == []


@pytest.mark.parametrize("engine", ["sqlite3", "mysql"])
def test_another_kind_of_database_moves_by_django(engine):
    database = {**DATABASE, "engine": f"django.db.backends.{engine}", "host": "", "name": f"{FOLDER}/db"}
    project = plan.Project(said(databases={"default": database}))
    one = plan.steps(project, seen(sites={}), "shop", [])["databases"]["default"]
    assert one["command"][:3] == [f"{FOLDER}/env/bin/python", f"{FOLDER}/manage.py", "dumpdata"]
    assert (one["user"], one["folder"]) == ("sammy", FOLDER)
    assert any(f"move from {engine} into PostgreSQL" in note for note in plan.notes(project, seen(), answer()))


@pytest.mark.parametrize(("debian", "version", "found"), [("12", 15, ""), ("12", 16, "16"), ("13", 17, "")])
def test_another_major_version_stays(debian, version, found):
    project = plan.Project(said(databases={"default": DATABASE | {"version": version}}))
    assert plan.version(project, debian) == found


def test_what_runs_for_it_is_stopped_and_what_serves_others_too_is_not():
    done = plan.steps(plan.Project(said()), seen(), "shop", ["shop.example.org", "www.shop.example.org"])
    assert done["stop"] == ["gunicorn.service", "gunicorn.socket"]
    assert done["states"]["redis-server.service"]["active"]
    assert done["sites"] == ["/etc/nginx/sites-enabled/shop"]


def test_a_file_that_serves_others_too_is_refused():
    sites = {"/etc/nginx/conf.d/all.conf": ["shop.example.org", "blog.example.org"]}
    with pytest.raises(plan.CannotError, match=r"all\.conf serves blog\.example\.org, too"):
        plan.steps(plan.Project(said()), seen(sites=sites), "shop", ["shop.example.org"])


def test_uploads_that_do_not_fit_twice_are_refused():
    with pytest.raises(plan.CannotError, match=r"/media has 30 MB, and is copied twice on the way: 50 MB are free"):
        plan.steps(plan.Project(said()), seen(uploads=30 << 20), "shop", ["shop.example.org", "www.shop.example.org"])


def test_uploads_that_are_no_files_are_refused(tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media/good.txt").write_text("12345")
    (tmp_path / "media/inside").symlink_to("good.txt")
    volume, odd = look.uploads(str(tmp_path / "media"))
    assert (volume, odd) == (5 + len("good.txt"), [])
    (tmp_path / "media/away").symlink_to("/etc/passwd")
    assert look.uploads(str(tmp_path / "media"))[1] == [str(tmp_path / "media/away")]
    assert look.uploads("") == (0, [])
    with pytest.raises(plan.CannotError, match="away is no file, or a link that leaves"):
        plan.steps(plan.Project(said()), seen(odd=["/media/away"]), "shop", [])


def test_a_process_without_a_unit_is_stopped_by_itself():
    one = {"words": ["python", "manage.py", "runserver"], "unit": "session-3.scope", "user": "sammy"}
    other = {"words": ["gunicorn"], "unit": "gunicorn.service"}
    worker = {"words": ["celery"], "unit": "supervisor.service"}
    found = seen(processes=[one, other, worker], supervisor=["/etc/supervisor/conf.d/shop.conf"])
    assert plan.steps(plan.Project(said()), found, "shop", [])["processes"] == [one]


def test_what_is_not_the_projects_is_told():
    found = seen(
        sites={"/etc/nginx/sites-enabled/blog": ["blog.example.org"]}, crontabs={"/etc/cron.d/shop": ["7 3 * * * x"]}
    )
    notes = plan.notes(plan.Project(said(changed=[" M shop/settings.py"])), found, answer())
    assert any(note.startswith("blog.example.org: stays in Nginx") for note in notes)
    assert any("/etc/cron.d/shop starts `7 3 * * * x`" in note for note in notes)
    assert any("1 files there differ" in note for note in notes)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "server { listen 80; server_name shop.example.org www.example.org; }",
            ["shop.example.org", "www.example.org"],
        ),
        ("# server_name old.example.org;\nserver_name _ localhost;", []),
        ("server {\n  server_name shop.example.org; # and old.example.org;\n}", ["shop.example.org"]),
    ],
)
def test_names_of_a_file_of_nginx(text, found):
    assert look.server_names(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"WorkingDirectory={FOLDER}\n", True),
        (f"ExecStart={FOLDER}/env/bin/celery\n", True),
        (f"WorkingDirectory={FOLDER}-staging\n", False),
        (f"WorkingDirectory={FOLDER}.old/x\n", False),
    ],
)
def test_a_unit_belongs_to_a_folder_and_not_to_its_neighbour(text, found):
    assert look.mentions(text, [FOLDER]) == found
