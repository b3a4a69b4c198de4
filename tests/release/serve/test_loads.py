"""Whether visitors get the style sheets and scripts of the first page, and which key helps."""

import http.client

import pytest
from groundcrew_release import loads, probe
from groundcrew_release.probe import Answer

HOST = "shop.example.org"
LINK = '<link rel="stylesheet" href="{}">'


@pytest.fixture
def site(monkeypatch):
    """Answer for Nginx: what each path of the site has, 404 for all others."""
    answers = {}

    def ask(host, path, timeout):  # noqa: ARG001
        answers.setdefault("asked", []).append(path)
        if " " in path:
            raise http.client.InvalidURL(path)
        return answers.get(path, Answer(404, release="new"))

    monkeypatch.setattr(probe, "ask_nginx", ask)
    monkeypatch.setattr(loads, "REMEMBERED", 0)
    return answers


@pytest.fixture
def told(shop, release, site):
    """Return a function that shows a page and returns what a deploy says of it; keywords are those of the record."""

    def tell(page="", django=None, keys=None, **record):
        made = release("new", **record)
        made["django"] |= django or {}
        if page:
            site["/"] = Answer(200, release="new", page=page.encode())
        return loads.missing(shop(**(keys or {})), made, HOST, "/")

    return tell


def page(*addresses):
    return "<!doctype html>" + "".join(LINK.format(one) for one in addresses)


def test_page_that_has_all_it_loads(told, site):
    site |= dict.fromkeys(("/static/a.css", "/static/b.js?v=1", "/c.css"), Answer(200))
    text = (
        page(
            "/static/a.css", f"https://{HOST}/static/a.css", "c.css", "https://cdn.example.net/x.css", "data:text/css,"
        )
        + "<script src=/static/b.js?v=1></script><script>let a = 1</script>"
        + '<link rel=icon href=/none.ico><img src="/none.png"><link rel=stylesheet>'
    )
    assert told(text) == []
    assert site["asked"] == ["/", "/static/a.css", "/c.css", "/static/b.js?v=1"], "its own, each once"


def test_style_sheet_that_nobody_collected_names_the_folder_of_the_settings(told, shop):
    home = shop().home
    inside = home / "releases/new/venv/lib/python3.11/site-packages/product/static.dist"
    said = {"static_root": f"{inside}/"}
    folder = f"{home}/current/site-packages/product/static.dist"
    line = (
        "/ loads /static/a.css and 1 more, and visitors get 404. The settings keep static files in "
        f"{folder}: `static: {{/static/: {folder}}}` has Nginx serve them."
    )
    assert told(page("/static/a.css", "/static/b.css"), said, collected=False) == [line]
    # Nginx looks there already.
    keys = {"static": {"/static/": f"{folder}/"}}
    assert told(page("/static/a.css"), said, keys, collected=False) == [
        f"/ loads /static/a.css, and visitors get 404. Nginx looks in {folder}/: a command puts it there "
        "(`commands`), or `static` names another folder."
    ]


def test_static_files_that_no_command_collected(told, shop):
    assert told(page("/static/a.css"), {"static_root": f"{shop().release('new')}/static"}, collected=False) == [
        "/ loads /static/a.css, and visitors get 404. Nothing was collected: `{manage: collectstatic --noinput}` among "
        "the `commands` does it."
    ]


def test_folder_that_is_the_release_to_its_processes_is_that_of_nginx(told, shop):
    said = {"static_root": "/etc/django/shop/release/static"}
    assert told(page("/static/CACHE/a.css"), said) == [
        f"/ loads /static/CACHE/a.css, and visitors get 404. Nginx looks in {shop().current}/static: a command "
        "puts it there (`commands`), or `static` names another folder."
    ]


def test_file_that_is_not_below_the_static_url(told):
    assert told(page("/assets/a.css")) == [
        "/ loads /assets/a.css, and visitors get 404. The application answers for it: `static` names a folder in "
        "which Nginx finds it."
    ]


def test_page_behind_redirects_is_read(told, site):
    site["/"] = Answer(302, "/login/?next=/", "new")
    site["/login/?next=/"] = Answer(200, release="new", page=page("style.css").encode())
    assert told()[0].startswith("/login/?next=/ loads /login/style.css, and visitors get 404.")


@pytest.mark.parametrize(("status", "told_of"), [(503, True), (404, True), (403, False), (200, False)])
def test_page_that_leads_to_an_error(told, site, status, told_of):
    site["/"] = Answer(301, f"https://{HOST}/lists/", "new")
    site["/lists/"] = Answer(status, release="new", page=b"Mailman Core does not answer")
    assert told() == ([f"/ leads to /lists/, where visitors get {status}."] if told_of else [])


@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, "https://login.example.net/", "new"),
        Answer(302, "/", "new"),
        Answer(200, release="old", page=page("/x.css").encode()),
        Answer(401, page=page("/x.css").encode()),
        Answer(404, release="new", page=page("/x.css").encode()),
        Answer(200, release="new", page=b'\xff<link rel=stylesheet href="https://[">'),
        # Python 3.11 raises AssertionError for it.
        Answer(200, release="new", page=b"<![ endif ]><link rel=stylesheet href=/none.css><![1"),
    ],
)
def test_page_that_says_nothing_of_the_release(told, site, answer):
    site["/"] = answer
    assert told() == []


def test_addresses_begin_where_the_page_says_and_one_that_is_none_hides_no_other(told, site):
    site["/app/a.css"] = Answer(200)
    assert told('<base href="/app/">' + page("a.css")) == []
    assert "/ loads /none.css, and" in told(page("/an address.css", "/none.css"))[0]


def test_site_that_does_not_answer_and_no_time_left(told, monkeypatch):
    monkeypatch.setattr(loads, "LIMIT", -1.0)
    assert told(page("/static/a.css")) == []

    def fail(*_):
        raise http.client.BadStatusLine("")

    monkeypatch.setattr(probe, "ask_nginx", fail)
    assert told(page("/static/a.css")) == []
