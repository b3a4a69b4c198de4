"""The site of Nginx: what each option changes of what a visitor gets."""

import re

import nginx
import pytest
from cases import FILES, HASH, SITE, TRIXIE

BASE = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "same-origin"}
OWN_ERRORS = {
    "X-Content-Type-Options": "$groundcrew_content_type_options",
    "X-Frame-Options": "$groundcrew_frame_options",
    "Referrer-Policy": "$groundcrew_referrer_policy",
}


def sites(*changes, found=TRIXIE, **variables):
    """Mark a test with sites that have these keys."""
    case = {"__nginx_found": found, **variables}
    return pytest.mark.renders("site", *({"nginx_site": SITE | change, **case} for change in changes))


class Site:
    """A site as Nginx reads it: the server of port 80, those that lead elsewhere, and the one that serves."""

    def __init__(self, files):
        self.text, self.page = files.pop("site"), files.pop("page")
        self.health = nginx.read(files.pop("health"))
        self.users, self.conf = files, nginx.read(self.text)
        # Behind a trusted proxy all servers are on both ports.
        servers = self.conf.blocks("server")
        self.plain = servers.pop(0) if servers[0].all("ssl_certificate") == [] else None
        *self.aliases, self.main = servers


@pytest.fixture
def read(files):
    """The sites of the test."""
    return [Site(one) for one in files]


def is_application(location):
    """Say whether the application answers, with all that stands before it: nothing climbs, and headers are Nginx's."""
    return (
        len(location.all("proxy_pass")) == 1
        and location.all("include") == ["snippets/groundcrew-proxy.conf"]
        and location.block("if", "($groundcrew_climbs)").directives == [("return", "400")]
    )


@sites(
    {"domains": ["shop.example.org", "www.example.org", "*.shop.example.org"]},
    {"domains": ["shop.example.org", "*.shop.example.org"], "redirect_to_canonical": False},
    {},
)
def test_domains(read):
    several, alike, single = read
    assert several.plain.one("server_name") == "shop.example.org www.example.org *.shop.example.org"
    assert several.main.one("server_name") == "shop.example.org"
    (alias,) = several.aliases
    assert alias.one("server_name") == "www.example.org *.shop.example.org"
    assert alias.at("/a").one("return") == "301 https://shop.example.org$request_uri"
    assert alias.all("proxy_pass") == alias.at("/a").all("proxy_pass") == []
    for site in (alike, single):
        assert site.aliases == []
        assert site.main.one("server_name") == site.plain.one("server_name")
    assert alike.main.one("server_name") == "shop.example.org *.shop.example.org"


@sites({})
def test_in_the_clear_there_is_a_way_to_https_and_to_a_certificate(read):
    (site,) = read
    assert site.plain.at("/a/b").one("return") == "301 https://$host$request_uri"
    assert site.plain.at("/.well-known/acme-challenge/token").one("root") == "/var/www/acme"
    assert all(location.all("proxy_pass") == [] for location in site.plain.walk())
    assert is_application(site.main.at("/a/b"))


@sites(
    {
        "domains": ["a.example.org", "b.example.org"],
        "certificate": ["/a.pem", "/b.pem"],
        "private_key": ["/a.key", "/b.key"],
    }
)
def test_each_certificate_has_its_key(read):
    for server in (*read[0].aliases, read[0].main):
        pairs = [one[1] for one in server.directives if one[0] in ("ssl_certificate", "ssl_certificate_key")]
        assert pairs == ["/a.pem", "/a.key", "/b.pem", "/b.key"]
        assert server.all("include") == ["snippets/groundcrew-tls.conf"]


LISTEN = {
    "13": (["443 ssl", "[::]:443 ssl"], ["on"]),
    "12": (["443 ssl http2", "[::]:443 ssl http2"], []),
}


@pytest.mark.parametrize(
    "debian",
    [pytest.param(name, marks=sites({}, found={"stdout_lines": ["ipv6", f'VERSION_ID="{name}"']})) for name in LISTEN],
)
def test_http2_as_the_server_of_the_debian_knows_it(read, debian):
    main = read[0].main
    assert (main.all("listen"), main.all("http2")) == LISTEN[debian]
    assert read[0].plain.all("listen") == ["80", "[::]:80"]


@pytest.mark.parametrize(
    "_reason",
    [
        pytest.param("wanted", marks=sites({"domains": ["a.org", "b.org"]}, nginx_ipv6=False)),
        pytest.param(
            "kernel", marks=sites({"domains": ["a.org", "b.org"]}, found={"stdout_lines": ['VERSION_ID="13"']})
        ),
    ],
)
def test_ipv6_is_left_out(read, _reason):
    ports = [server.all("listen") for server in read[0].conf.blocks("server")]
    assert ports == [["80"], ["443 ssl"], ["443 ssl"]]


@sites(FILES, {})
def test_files(read):
    site, none = read
    for path, folder in {"/static/": "/srv/shop/current/static/", "/files/": "/srv/files/"}.items():
        plain, hashed = site.main.at(f"{path}a.css"), site.main.at(f"{path}a.0123456789ab.css")
        assert plain.one("alias") == folder
        assert (plain.one("gzip"), plain.one("gzip_static"), plain.one("brotli_static")) == ("on", "on", "on")
        assert plain.headers == BASE | {"Cache-Control": "public, max-age=300"}
        assert hashed.outer is plain
        assert hashed.headers == BASE | {"Cache-Control": "public, max-age=31536000, immutable"}
    # A prefix is a folder, never the beginning of a name.
    for path in ("/staticky", "/static", "/media", "/mediathek/"):
        assert is_application(site.main.at(path))
    assert [is_application(none.main.at(path)) for path in ("/static/a.css", "/media/a.png")] == [True, True]


@sites(FILES)
def test_uploads(read):
    public, private = (read[0].main.at(path) for path in ("/media/a.html", "/media/private/a.html"))
    assert (public.one("alias"), private.one("alias")) == ("/srv/media/", "/srv/media/private/")
    assert public.headers == BASE | {"Content-Security-Policy": "$groundcrew_media_policy"}
    assert private.headers == public.headers | {"Cache-Control": "$groundcrew_private_cache"}
    assert (("internal",) in private.directives, ("internal",) in public.directives) == (True, False)
    for location in (public, private):
        assert location.one("disable_symlinks") == f"if_not_owner from={location.one('alias')}"
        # Pages of visitors are not compressed, nor looked for in a cache.
        assert (location.all("gzip"), location.one("open_file_cache")) == ([], "off")


@sites(FILES)
def test_a_database_beside_the_uploads_is_no_upload(read):
    (site,) = read
    for folder in ("/media", "/media/private", "/media/deep/down"):
        for name in ("db.sqlite3", "DB.SQLite3", "db.sqlite3-wal", "db.sqlite3-journal", "db.sqlite3.before-1"):
            assert site.main.at(f"{folder}/{name}").all("return") == ["404"]
        for name in ("mydb.sqlite3", "db.sqlite3/photo.png"):
            assert site.main.at(f"{folder}/{name}").all("return") == []


@sites({"cdn_url": "https://cdn.example.net", **FILES}, FILES)
def test_a_cdn_may_have_the_static_files(read):
    cdn, alone = read
    foreign = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
    for path in ("/static/a.css", "/static/a.0123456789ab.css"):
        assert cdn.main.at(path).headers == alone.main.at(path).headers | foreign
    assert cdn.main.at("/media/a.png").headers == alone.main.at("/media/a.png").headers
    # The policy of all sites begins each list with 'self' and goes on with this.
    assert cdn.main.one("set", "$groundcrew_cdn") == " https://cdn.example.net"
    assert alone.main.all("set", "$groundcrew_cdn") == []


POLICIES = {"none": None, "report-only": "Content-Security-Policy-Report-Only", "enforce": "Content-Security-Policy"}


@sites(*({"csp": mode} for mode in POLICIES))
def test_the_policy_of_pages(read):
    for site, name in zip(read, POLICIES.values(), strict=True):
        headers = site.main.at("/").headers
        assert headers.pop("Cross-Origin-Resource-Policy") == "$groundcrew_resource_policy"
        assert headers.pop("X-Release") == "$groundcrew_release"
        assert {name: headers.pop(name) for name in BASE} == OWN_ERRORS
        assert headers == ({name: "$groundcrew_csp"} if name else {})


@sites({"hsts": "max-age=300", "domains": ["a.org", "b.org"], **FILES}, {"domains": ["a.org", "b.org"], **FILES})
def test_what_nginx_answers_by_itself_insists_on_https(read):
    for site, hsts in zip(read, ("max-age=300", None), strict=True):
        own = [
            block
            for server in (*site.aliases, site.main)
            for block in server.walk()
            if block.words[:1] == ("location",)
        ]
        own = [block for block in own if not block.all("proxy_pass")]
        assert len(own) > 10
        for location in own:
            headers = location.headers
            assert headers.get("Strict-Transport-Security") == hsts
            assert headers | BASE == headers
        # The application says so itself; the variable is empty unless its server answers alone.
        said = site.main.at("/").headers.get("Strict-Transport-Security")
        assert said == ("$groundcrew_hsts_shop" if hsts else None)
        (own,) = [block for block in site.conf.blocks("map") if block.words[-1] == "$groundcrew_hsts_shop"] or [None]
        assert own is None if hsts is None else own.one("yes ") == hsts


RULES = [
    {"path": "/admin/", "allow": ["192.0.2.0/24", "2001:db8::/32"], "basic_auth": {"alice": HASH}},
    {"path": "/reports/", "basic_auth": {"bob": "{SHA}x", "eve": HASH}},
    {"path": "/metrics", "allow": ["192.0.2.9"]},
    {"path": "/closed/"},
]


@sites({"restricted_paths": RULES, **FILES})
def test_parts_that_are_not_for_everybody(read):
    (site,) = read
    who = {rule["path"]: site.main.at(f"{rule['path']}x").access for rule in RULES}
    assert who["/admin/"][0] == ["192.0.2.0/24", "2001:db8::/32"]
    assert who["/metrics"] == (["192.0.2.9"], "")
    assert who["/closed/"] == ([], "")
    # Each part has users of its own.
    users = {path: site.users[file].split()[-2:] for path, (_, file) in who.items() if file}
    assert users["/admin/"][-1:] == [f"alice:{HASH}"]
    assert users["/reports/"] == ["bob:{SHA}x", f"eve:{HASH}"]
    assert not any("alice" in text for file, text in site.users.items() if file == who["/reports/"][1])
    assert all(is_application(site.main.at(f"{rule['path']}x")) for rule in RULES)
    for path in ("/", "/adm", "/static/a.css", "/media/a.png"):
        assert site.main.at(path).access is None


@sites({"restricted_paths": [{"path": "/", "basic_auth": {"all": HASH}}, *RULES], **FILES})
def test_the_whole_site_is_not_for_everybody(read):
    (site,) = read
    for path in ("/", "/adm", "/static/a.css", "/static/a.0123456789ab.css", "/media/a.png", "/media/private/a.png"):
        allowed, file = site.main.at(path).access
        assert allowed == []
        assert f"all:{HASH}" in site.users[file]
    # Who comes in there does not come in everywhere.
    assert site.main.at("/metrics").access == (["192.0.2.9"], "")
    assert site.main.at("/closed/").access == ([], "")
    assert "all" not in site.users[site.main.at("/admin/").access[1]]
    assert site.plain.at("/.well-known/acme-challenge/token").access is None


FILE_RULES = [
    {"path": "/static/", "allow": ["192.0.2.1"]},
    {"path": "/static/inside/", "basic_auth": {"alice": HASH}},
    {"path": "/med", "allow": ["192.0.2.2"]},
    {"path": "/media/reports/", "allow": ["192.0.2.3"]},
]


@sites({"restricted_paths": FILE_RULES, **FILES})
def test_a_part_that_files_answer_for_is_not_for_everybody_either(read):
    (site,) = read
    paths = [block.words[-1] for block in site.main.blocks("location")]
    assert len(paths) == len(set(paths))
    inside, reports = site.main.at("/static/inside/a.css"), site.main.at("/media/reports/a.pdf")
    assert (inside.one("alias"), reports.one("alias")) == ("/srv/shop/current/static/inside/", "/srv/media/reports/")
    assert reports.one("disable_symlinks") == "if_not_owner from=/srv/media/"
    assert inside.one("disable_symlinks") == "if_not_owner from=/srv/shop/current/static/"
    assert site.main.at("/static/a.css").access == site.main.at("/static/a.0123456789ab.css").access
    assert site.main.at("/static/a.css").access == (["192.0.2.1"], "")
    assert site.main.at("/static/inside/a.0123456789ab.css").access[0] == []
    assert (site.main.at("/media/a.png").access, reports.access) == ((["192.0.2.2"], ""), (["192.0.2.3"], ""))
    assert is_application(site.main.at("/medley"))
    # What the application hands out, it has decided on.
    assert site.main.at("/media/private/a.pdf").access is None
    assert site.main.at("/files/a.css").access is None


@sites({"static": {"/static/": "/srv/the files"}, "media": {"/the media/": '/srv/a "b"'}, "error_pages": "/srv/e e"})
def test_spaces_and_quotes_in_paths(read):
    (site,) = read
    assert site.main.at("/static/a.css").one("alias") == "/srv/the files/"
    media = site.main.at("/the media/a.png")
    assert (media.one("alias"), media.one("disable_symlinks")) == ('/srv/a "b"/', 'if_not_owner from=/srv/a "b"/')
    assert site.main.at("/.groundcrew/502").one("root") == "/srv/e e"


@sites({"domains": ["a.org", "b.org"], **FILES}, nginx_trusted_proxies=["192.0.2.1"])
def test_tls_that_ended_at_a_trusted_proxy(read):
    (site,) = read
    assert site.plain is None
    for server in (*site.aliases, site.main):
        assert server.all("listen") == ["80", "[::]:80", "443 ssl", "[::]:443 ssl"]
        leads = server.block("if", "($groundcrew_insecure)")
        assert leads.directives == [("return", "301", "https://$host$request_uri")]
        token = server.at("/.well-known/acme-challenge/token")
        assert (token.one("root"), token.one("allow")) == ("/var/www/acme", "all")
    assert is_application(site.main.at("/a"))


@sites({"upstream": ["127.0.0.1:9090"], "counts_for_health": False})
def test_a_site_that_is_no_application_does_not_count_for_the_health_of_the_host(read):
    (site,) = read
    assert site.health.all("set") == ["$groundcrew_serves_shop ", "$groundcrew_serves_shop yes"]


@sites({}, {"upstream": ["10.0.0.1:8000"], "name": "other-shop"})
def test_a_load_balancer_asks_whether_a_release_serves(read):
    shop, other = (site.health for site in read)
    serves = shop.block("if", "(-x", "/srv/shop/current/web.sock)")
    assert serves.all("set") == ["$groundcrew_serves yes", "$groundcrew_serves_shop yes"]
    own = shop.at("/.well-known/health/shop")
    assert own.block("if", "($groundcrew_serves_shop", "=", "", ")").one("return") == "503 nothing serves\\n"
    assert own.block("if", "(-f", "/run/groundcrew-drain)").one("return") == "503 drained\\n"
    # A server on the network is asked when somebody wants something of it.
    assert other.all("set") == [
        "$groundcrew_serves_other_dshop ",
        "$groundcrew_serves yes",
        "$groundcrew_serves_other_dshop yes",
    ]


@sites({"restricted_paths": RULES})
def test_the_site_has_no_password(read):
    """The file may be read by everybody on the host."""
    (site,) = read
    assert [text for text in (HASH, "{SHA}", "alice", "bob") if text in site.text] == []


@sites({"client_max_body_size": "3g", "timeout": 77}, {"upstream": ["a:1", "b:2"], "timeout": 77})
def test_sizes_and_times(read):
    assert read[0].main.one("client_max_body_size") == "3g"
    assert read[1].main.one("client_max_body_size") == "10m"
    for site in read:
        location = site.main.at("/")
        assert (location.one("proxy_read_timeout"), location.one("proxy_send_timeout")) == ("77s", "77s")


@sites({"upstream": ["10.0.0.1:8000", "10.0.0.2:8000"]}, {})
def test_several_servers_share_the_requests(read):
    several, single = (site.conf.block("upstream", "groundcrew_shop") for site in read)
    assert several.all("server") == ["10.0.0.1:8000", "10.0.0.2:8000"]
    assert ("least_conn",) in several.directives
    assert several.all("zone") == ["groundcrew_shop 64k"]
    assert single.all("server") == SITE["upstream"]
    assert (("least_conn",) in single.directives, single.all("zone")) == (False, [])
    assert [site.main.at("/").all("proxy_connect_timeout") for site in read] == [["2s"], []]
    for site in read:
        assert site.main.at("/").one("proxy_pass") == "http://groundcrew_shop"
        # Two seconds after a switch nobody asks the release before.
        assert site.conf.block("upstream", "groundcrew_shop").one("keepalive_time") == "2s"


@sites({"maintenance": {"allow": ["192.0.2.0/24", "2001:db8::1"]}}, {})
def test_a_closed_site(read):
    for site, allowed in zip(read, (["192.0.2.0/24", "2001:db8::1"], []), strict=True):
        (geo,) = site.conf.blocks("geo")
        assert geo.directives == [("default", "yes"), *((address, "no") for address in allowed)]
        exists = site.main.block("if", "(-f", f"{site.page})")
        assert exists.one("set", "$groundcrew_closed") == geo.words[1]
        assert site.main.block("if", "($groundcrew_closed", "=", "yes)").one("return") == "503"
        page = site.main.at(site.main.one("error_page", "503"))
        assert page.one("alias") == site.page
        assert page.headers["Retry-After"] == "300"


@sites({"error_pages": "/srv/shop/current/static/errors"}, {})
def test_error_pages(read):
    for site, folder in zip(read, ("/srv/shop/current/static/errors", ""), strict=True):
        for status in ("413", "429", "502", "504"):
            place = site.main.one("error_page", status)
            if folder:
                own = site.main.at(place)
                assert (own.one("root"), ("internal",) in own.directives) == (folder, True)
                name, place = own.one("try_files").split()
                assert name == f"/{status}.html"
            answer = site.main.block("location", place)
            code, page = answer.one("return").split(" ", 1)
            assert code == status
            assert page.startswith("<!doctype html>") and page.endswith("</html>") and "$" not in page
            assert ("http-equiv" in page) == (status in ("502", "504"))
            assert answer.headers["Cache-Control"] == "no-store"


@sites({"nginx_directives": ["add_header X-Own yes;", "location /own/ {", "return 204;", "}"]}, {})
def test_directives_of_the_operator(read):
    site, without = read
    assert site.main.at("/own/").one("return") == "204"
    names = [one[1] for one in site.main.directives if one[0] == "add_header"]
    # The policies look at all headers before them.
    assert names == ["X-Own", *(one[1] for one in without.main.directives if one[0] == "add_header")]


ALIKE = ["shop-one", "shop_one", "shop.one", "shop_done", "shop__one"]


@sites(*({"name": name} for name in ALIKE))
def test_sites_with_names_alike_share_nothing(read):
    """All sites stand in one configuration, where a second variable or upstream of a name is an error."""
    upstreams = [block.words[1] for site in read for block in site.conf.blocks("upstream")]
    variables = [block.words[1] for site in read for block in site.conf.blocks("geo")]
    assert len(set(upstreams)) == len(set(variables)) == len(ALIKE)
    assert all(re.fullmatch(r"\$[a-z0-9_]+", name) for name in variables)
    assert len({site.page for site in read}) == len(ALIKE)
