"""Whether a visitor could use an answer: where it leads, and what it shows."""

import pytest
from groundcrew_release import usable
from groundcrew_release.application import Probe
from groundcrew_release.probe import Answer, judge

HOST, DOMAINS = "shop.example.org", ("shop.example.org", "www.example.com", "*.shops.example.net")
TECHNICAL = b"<p>You\xe2\x80\x99re seeing this error because you have <code>DEBUG = True</code> in your settings"
WELCOME = b"""<p>You are seeing this page because <a href="https://docs.djangoproject.com/">DEBUG=True</a> is in your
  settings file and you have not configured any URLs"""


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (f"https://{HOST}/a", "to itself"),
        (f"http://{HOST}/a", "to itself"),
        (f"https://{HOST}:443/a", "to itself"),
        ("/a", "to itself"),
        ("", "to itself"),
        ("a", "to itself"),
        (f"https://{HOST}:8000/b", "where no visitor finds it"),
        ("http://localhost/b", "where no visitor finds it"),
        ("http://localhost:8000/", "where no visitor finds it"),
        ("http://127.0.0.1:8000/a", "where no visitor finds it"),
        ("//web/a", "where no visitor finds it"),
        ("http://10.1.2.3/", "where no visitor finds it"),
        ("https://app.internal/login", "where no visitor finds it"),
        ("https://example.com/", "example.com is none of its domains"),
        ("https://evil-example.org/a", "is none of its domains"),
        ("http://[broken/", "which is no address"),
    ],
)
def test_where_no_visitor_gets(location, words):
    assert words in usable.redirect(location, HOST, "/a", ("shop.example.org", "www.example.net"), named=False)


@pytest.mark.parametrize(
    "location",
    [
        "/a/",
        "/b",
        "/a?next=/",
        "b?c#d",
        f"https://{HOST.upper()}/b",
        f"http://{HOST}/b",
        "https://www.example.com/a",
        "https://one.shops.example.net/",
        "https://login.example.org/?next=/a",
        "app://open",
    ],
)
def test_where_visitors_get(location):
    assert usable.redirect(location, HOST, "/a", DOMAINS, named=False) == ""


def test_the_operator_knows_better():
    assert usable.redirect("https://login.microsoft.example/", HOST, "/", DOMAINS, named=True) == ""
    assert usable.redirect("https://sso.internal/", "shop.internal", "/", (), named=True) == ""
    assert "itself" in usable.redirect("/", HOST, "/", DOMAINS, named=True)
    assert "finds it" in usable.redirect("http://localhost/b", HOST, "/", DOMAINS, named=True)
    assert usable.page(200, b"", named=True) == ""
    assert usable.redirect("/b", "intranet", "/a", ("intranet",), named=False) == ""


@pytest.mark.parametrize("page", [TECHNICAL, WELCOME, b"because you have DEBUG = True in your"])
@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_pages_for_developers(page, status):
    probe = Probe("/", (status,))
    assert judge(Answer(status, page=page), HOST, probe).startswith("it shows a page for developers")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200), "an empty page"),
        (Answer(200, page=b" \n"), "probe: {status: [200]}"),
        (Answer(400, page=b"<h1>Bad Request (400)</h1>"), "is not in its ALLOWED_HOSTS"),
        (Answer(302, location="http://localhost/"), "where no visitor finds it"),
    ],
)
def test_what_no_visitor_could_use(answer, words):
    assert words in judge(answer, HOST, Probe("/", (302, 400)))


@pytest.mark.parametrize(
    "answer",
    [Answer(200, page=b"ok"), Answer(204), Answer(404, page=b"Not Found"), Answer(200, handed_on=True), Answer(304)],
)
def test_what_visitors_can_use(answer):
    assert judge(answer, HOST, Probe()) == ""


@pytest.mark.parametrize(
    ("tag", "wrong"),
    [
        ('<script type="module" src="http://localhost:5173/static/src/main.js"></script>', True),
        ("<script src=//127.0.0.1:8080/a.js></script>", True),
        ('<script async src="http://[::1]:3000/a.js"></script>', True),
        ('<link href="https://app.localhost/a.css" rel="stylesheet">', True),
        ('<link rel="stylesheet" href="/static/a.css"><script src="/static/a.js"></script>', False),
        ('<script src="https://cdn.example.net/localhost/a.js"></script>', False),
        ('<link rel="canonical" href="http://localhost:8000/">', False),
        ('<a href="http://localhost:8000/">how to develop</a>', False),
    ],
)
def test_page_that_loads_from_the_visitors_own_machine(tag, wrong):
    """A development server of Vite or webpack answers on the developer's machine alone."""
    body = f"<!doctype html><html><head>{tag}</head><body>x</body></html>".encode()
    assert ("from the visitor's own machine" in usable.page(200, body, named=False)) is wrong
    assert usable.page(200, body, named=True) == ""
