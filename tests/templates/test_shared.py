"""What all sites of Nginx share: TLS, limits, whom it believes, and that a site finds all that it refers to."""

import re
from pathlib import Path

import nginx
import pytest
import yaml
from cases import FILES, HASH, SITE, TRIXIE

PROFILES = yaml.safe_load((Path(__file__).resolve().parents[2] / "roles/nginx/files/tls.yml").read_text())
COMMON, TLS, PROXY = "conf.d/groundcrew.conf", "snippets/groundcrew-tls.conf", "snippets/groundcrew-proxy.conf"
HEALTH = "snippets/groundcrew-health-*.conf"
EVERYTHING = SITE | {
    **FILES,
    "domains": ["shop.example.org", "www.example.org"],
    "cdn_url": "https://cdn.example.net",
    "hsts": "max-age=300",
    "restricted_paths": [{"path": "/admin/", "basic_auth": {"alice": HASH}}],
    "error_pages": "/srv/errors",
}


def renders(found=TRIXIE, **variables):
    return pytest.mark.renders("nginx", {"__nginx_found": found, **variables})


@pytest.fixture
def read(files):
    """The files by their names below /etc/nginx."""
    return {name: nginx.read(text) for name, text in files[0].items()}


@renders(nginx_site=EVERYTHING)
def test_a_site_finds_what_it_refers_to(files, read):
    """Nginx takes a variable, a zone or a format that nobody makes for a mistake, and a folder of snippets has ours."""
    # Nor do the shared files need a site.
    for names in (set(read) - {"site"}, set(read)):
        blocks = [block for name in names for block in read[name].walk()]
        made = {block.words[-1] for block in blocks if block.words[:1] in (("map",), ("geo",))}
        made |= {line.split()[0] for block in blocks for line in block.all("set")}
        assert set(re.findall(r"\$groundcrew_\w+", "".join(files[0][name] for name in names))) <= made
    included = {name for block in blocks for name in block.all("include")}
    assert included == {TLS, PROXY, HEALTH} <= set(read) | {HEALTH}
    common, main = read[COMMON], read["site"].blocks("server")[-1]
    made = [line for name in ("limit_req_zone", "limit_conn_zone") for line in common.all(name)]
    used = [line for name in ("limit_req", "limit_conn") for line in read[PROXY].all(name)]
    zones = {re.search(r" zone=(\w+)", line)[1] for line in made}
    assert {re.match(r"(?:zone=)?(\w+)", line)[1] for line in used} == zones
    assert main.all("access_log") == []
    assert read[TLS].one("access_log").split()[1] == common.one("log_format").split()[0]


@renders(nginx_journal=True)
def test_the_journal_has_the_lines_of_the_log(read):
    """Both in the one form that leaves out queries and tokens; what another log had would travel to another host."""
    on_disk, in_journal = [line.split() for line in read[TLS].all("access_log")]
    assert on_disk[0] == "/var/log/nginx/access.log"
    assert in_journal[0].startswith("syslog:server=unix:/dev/log,")
    assert on_disk[1] == in_journal[1] == read[COMMON].one("log_format").split()[0]


@renders()
def test_unknown_hosts_get_nothing(read):
    server, named = read[COMMON].blocks("server")
    assert server.all("listen") == [
        "80 default_server",
        "443 ssl default_server",
        "[::]:80 default_server",
        "[::]:443 ssl default_server",
    ]
    # Who names a host has no certificate; who names none is a load balancer, and its request may name an address.
    assert (named.one("server_name"), named.one("ssl_reject_handshake")) == ("~.", "on")
    assert named.all("listen") == ["443 ssl", "[::]:443 ssl"]
    assert (named.all("ssl_certificate"), server.all("ssl_reject_handshake")) == ([], [])
    for one in (server, named):
        assert one.at("/any").one("return") == "444"
        assert one.at("/.well-known/acme-challenge/token").one("root") == "/var/www/acme"
        health = one.at("/.well-known/health")
        assert health.words == ("location", "=", "/.well-known/health")
        assert health.one("return") == "200 ok\\n"
        assert health.block("if", "($groundcrew_drained)").one("return") == "503 drained\\n"
        # What each site says is included before it is asked.
        assert [line[0] for line in one.directives].index("include") < len(one.directives)
        assert one.all("include") == [TLS, HEALTH]


@renders(nginx_ipv6=False)
def test_ipv6_is_left_out(read):
    ports = [server.all("listen") for server in read[COMMON].blocks("server")]
    assert ports == [["80 default_server", "443 ssl default_server"], ["443 ssl"]]


@pytest.mark.parametrize(
    ("profile", "curves"),
    [
        pytest.param("intermediate", 4, marks=renders()),
        pytest.param("modern", 4, marks=renders(nginx_tls_profile="modern")),
        # OpenSSL of Debian 12 refuses a curve that it does not know, and the server would not start.
        pytest.param("intermediate", 3, marks=renders(found={"stdout_lines": ["ipv6", 'VERSION_ID="12"']})),
    ],
)
def test_tls_is_that_of_the_profile(read, profile, curves):
    wanted, tls = PROFILES[profile], read[TLS]
    assert tls.one("ssl_protocols").split() == wanted["protocols"]
    assert tls.all("ssl_ciphers") == ([":".join(wanted["ciphers"])] if wanted["ciphers"] else [])
    assert tls.one("ssl_ecdh_curve").split(":") == wanted["curves"][-curves:]
    assert (tls.one("server_tokens"), tls.one("ssl_session_tickets")) == ("off", "off")


@renders(nginx_trusted_proxies=["10.0.0.0/8", "2001:db8::1"], nginx_requests_per_second="7", nginx_logins_per_minute=3)
def test_limits_and_trusted_proxies(read):
    common, proxy = read[COMMON], read[PROXY]
    assert common.all("set_real_ip_from") == ["10.0.0.0/8", "2001:db8::1"]
    assert (common.one("real_ip_header"), common.one("real_ip_recursive")) == ("X-Forwarded-For", "on")
    assert {line.split()[0]: line.split()[2] for line in common.all("limit_req_zone")} == {
        "$groundcrew_visitor": "rate=7r/s",
        "$groundcrew_login": "rate=3r/m",
    }
    assert proxy.all("limit_req", "zone=groundcrew_requests") == ["burst=28 delay=4"]
    assert proxy.all("limit_req", "zone=groundcrew_logins") == ["burst=3 nodelay"]
    assert proxy.one("limit_conn") == "groundcrew_connections 28"


@renders(nginx_trusted_proxies=["10.0.0.0/8", "2001:db8::1", "unix:"])
def test_tls_may_end_at_a_trusted_proxy_alone(read):
    (trusted,) = (block for block in read[COMMON].blocks("geo") if block.words[-1] == "$groundcrew_trusted")
    # Whoever connects, not whoever is named in a header.
    assert trusted.words[1] == "$realip_remote_addr"
    assert trusted.directives == [("default", "no"), ("10.0.0.0/8", "yes"), ("2001:db8::1", "yes")]
    maps = {block.words[-1]: block for block in read[COMMON].blocks("map")}
    scheme, insecure, port = (maps[f"$groundcrew_{name}"] for name in ("scheme", "insecure", "port"))
    for words, meant in {
        "yes http https": "https",
        "yes http HTTPS": "https",
        "yes http https, https": "https",
        "yes http https, http": "$scheme",
        "yes http http": "$scheme",
        "yes http ": "$scheme",
        "no http https": "$scheme",
        "yes https http": "$scheme",
    }.items():
        assert mapped(scheme, words) == meant, words
    assert [mapped(port, words) for words in ("http https", "https https")] == ["443", "$server_port"]
    for words, answer in {
        "http /a": "yes",
        "https /a": "",
        "http /.well-known/acme-challenge/x": "",
        "http /a/.well-known/acme-challenge/": "yes",
    }.items():
        assert mapped(insecure, words) == answer, words
    headers = dict(line.split(" ", 1) for line in read[PROXY].all("proxy_set_header"))
    assert [headers[f"X-Forwarded-{name}"] for name in ("Proto", "Port")] == ["$groundcrew_scheme", "$groundcrew_port"]


@renders()
def test_large_headers_and_long_names(read):
    assert read[PROXY].one("proxy_buffer_size") == "40k"
    assert int(read[COMMON].one("server_names_hash_bucket_size")) > 253 + 32


@renders()
def test_nobody_is_believed_unasked(read):
    assert "$groundcrew_trusted" not in [block.words[-1] for block in read[COMMON].blocks("geo")]
    assert read[COMMON].all("set_real_ip_from") == read[COMMON].all("real_ip_header") == []
    # Each header that frameworks take for the client's address or scheme is Nginx's own.
    headers = dict(line.split(" ", 1) for line in read[PROXY].all("proxy_set_header"))
    assert {name: headers[name] for name in headers if name.startswith(("X-", "Forwarded", "Proxy"))} == {
        "X-Real-IP": "$remote_addr",
        "X-Forwarded-For": "$remote_addr",
        "X-Forwarded-Proto": "$scheme",
        "X-Forwarded-Host": "$groundcrew_host",
        "X-Forwarded-Port": "$server_port",
        "X-Request-ID": "$request_id",
        "Forwarded": "",
        "Proxy": "",
    }


def mapped(block, value):
    """Return what a map makes of a value: the exact one, else the first expression that finds it, else the default."""
    pairs = [(one[0], one[1]) for one in block.directives]
    exact = [result for key, result in pairs if key == value]
    found = [
        result
        for key, result in pairs
        if key.startswith("~") and re.search(key.lstrip("~*"), value, re.IGNORECASE if key.startswith("~*") else 0)
    ]
    return (exact or found or [dict(pairs)["default"]])[0]


@renders()
def test_what_is_limited_upgraded_and_refused(read):
    maps = {block.words[-1]: block for block in read[COMMON].blocks("map")}
    login, climbs = maps["$groundcrew_login"], maps["$groundcrew_climbs"]
    for line, limited in {
        "no POST /accounts/login/": True,
        "no POST /en/admin/login": True,
        "no POST /accounts/password_reset/": True,
        "no GET /accounts/login/": False,
        "yes POST /accounts/login/": False,
        "no POST /login/history/": False,
    }.items():
        assert bool(mapped(login, line)) is limited, line
    for path in ("/a/../b", "/a/..%2fb", "/a%2F%2e%2E", "/a/./b", "/a/..?b"):
        assert mapped(climbs, path) == "yes", path
    for path in ("/a..b/c", "/a?b=/../c", "/a/...", "/.well-known/x"):
        assert mapped(climbs, path) == "", path
    assert [mapped(maps["$groundcrew_upgrade"], one) for one in ("WebSocket", "h2c")] == ["$http_upgrade", ""]


@renders(nginx_site=EVERYTHING)
def test_the_policy_allows_the_site_and_its_cdn(read):
    maps = {block.words[-1]: block for block in read[COMMON].blocks("map")}
    policy = mapped(maps["$groundcrew_csp"], "")
    assert mapped(maps["$groundcrew_csp"], "default-src 'self'") == ""
    cdn = read["site"].blocks("server")[-1].one("set", "$groundcrew_cdn")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.replace("$groundcrew_cdn", cdn).split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self' https://cdn.example.net"
    assert rules["form-action"] == "'self'"
    assert rules["base-uri"] == "'none'$groundcrew_frame_ancestors"
    assert not [rule for rule in rules.values() if "unsafe" in rule or "*" in rule]
