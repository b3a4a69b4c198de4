"""Nginx: what clients get, what the application is told, and that no site can break another."""

import base64
import contextlib
import json
import re
import shlex
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from network import settles

PLAYBOOK = "molecule/nginx/converge.yml"
SAY = (Path(__file__).parent / "say.py").read_text()
RESET = (Path(__file__).parent / "reset.py").read_text()
MAINTENANCE = "molecule/nginx/maintenance.yml"
SHOP = "https://shop.example.org"
CA = "/etc/ssl/groundcrew/ca/ca.pem"
BLOG_TLS = "/etc/ssl/groundcrew/blog"
PAIR = {"certificate": "fullchain.pem", "private_key": "privkey.pem"}
RUNTIME = "--property=RuntimeDirectory=blog "
BLOG = (
    f"systemd-run --unit=blog --property=User=blog {RUNTIME}"
    "python3 /usr/local/lib/upstream.py /run/blog/web.sock; "
    "timeout 10 sh -c 'until [ -S /run/blog/web.sock ]; do sleep 0.1; done'"
)
# As Debian's logrotate does.
ROTATE = (
    "cd /var/log/nginx && for log in access error; do mv $log.log $log.log.1; "
    "install --owner=www-data --group=adm --mode=0640 /dev/null $log.log; done; invoke-rc.d nginx rotate"
)
# Without `-no_ign_eof` it hangs up when the server does.
CLIENT = "timeout 30 openssl s_client -quiet -connect 127.0.0.1:443"
OTHER = BLOG.replace("blog/web", "blog/other").replace("unit=blog", "unit=other").replace(RUNTIME, "")


def closing(request):
    """Return a request (str for printf) as the last of a connection: who answers it hangs up."""
    return request.removesuffix(r"\r\n") + r"Connection: close\r\n\r\n"


def workers(host, unit):
    """Return the ids of the processes that serve requests."""
    return set(host.check_output("ps -o pid= --ppid %s", unit("nginx")["MainPID"]).split())


def reload(host, unit):
    """Let Nginx read its files, and wait until no worker from before takes a connection."""
    before = ",".join(workers(host, unit))
    host.check_output("systemctl reload nginx")
    assert settles(host, f"! ps -o args= --pid {before} | grep -qv 'is shutting down'", 20)


@pytest.fixture
def told(http):
    """Return a function that sends a request and returns what the application was told: {"path", "headers"}."""
    return lambda url, **arguments: json.loads(http(url, **arguments).text)


@pytest.mark.parametrize("url", [SHOP, "https://weblog.example.org", "https://any.blog.example.org"])
def test_each_domain_reaches_its_application(told, url):
    assert told(f"{url}/a%20path/?q=1")["path"] == "/a%20path/?q=1"


def test_other_domains_lead_to_the_canonical_one(http):
    answer = http("https://www.example.org/a%20path/?q=1")
    assert (answer.status, answer.headers["Location"]) == (301, f"{SHOP}/a%20path/?q=1")
    assert answer.headers["Strict-Transport-Security"] == "max-age=300"


@pytest.mark.parametrize("path", ["/static/site.css", "/media/photo.png", "/static/missing.css"])
def test_what_nginx_answers_has_the_headers_once(http, path):
    headers = http(f"{SHOP}{path}").headers
    for name, value in {
        "Strict-Transport-Security": "max-age=300",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "same-origin",
    }.items():
        assert headers.get_all(name) == [value]


VISITOR = {"X-Forwarded-For": "192.0.2.9"}
BASE = {
    "Strict-Transport-Security": "max-age=300",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
}


def test_errors_of_servers_have_the_headers_once(http):
    """Nginx's own, and those of the server below an application, which names no release."""
    addresses = [f"{SHOP}/{'x' * 9000}", f"https://www.example.org/{'x' * 9000}", f"{SHOP}/a/..%2fb"]
    answers = [http(address) for address in addresses]
    answers += [http(SHOP, headers={"X": "x" * 9000}), http(SHOP, headers=ask_for(Status="431"))]
    assert [answer.status for answer in answers] == [414, 414, 400, 400, 431]
    for answer in answers:
        for name, value in BASE.items():
            assert answer.headers.get_all(name) == [value]
    # An application decides for itself, and so does the server of one that says something.
    said = ask_for(("X-Release", "abc"), ("X-Frame-Options", "DENY"), Status="404")
    headers = http(SHOP, headers=said).headers
    assert [headers[name] for name in BASE] == [None, None, "DENY", None]
    headers = http(SHOP, headers=ask_for(("X-Frame-Options", "DENY"), Status="431")).headers
    assert headers.get_all("X-Frame-Options") == ["DENY"]


def test_the_release_is_not_for_visitors(http):
    said = ask_for(("X-Release", "abc"))
    assert http(SHOP, headers=said).headers.get_all("X-Release") == ["abc"]
    assert http(SHOP, headers=said | {"X-Forwarded-For": "198.51.100.20"}).headers["X-Release"] == "abc"
    for visitor in ("192.0.2.9", "10.1.2.3", "fd00::7"):
        assert http(SHOP, headers=said | {"X-Forwarded-For": visitor}).headers["X-Release"] is None


def ask_for(*headers, **more):
    """Return the request header that makes the application answer with these headers."""
    return {"X-Answer": json.dumps(dict(headers) | more)}


def test_a_policy_for_what_has_none(http):
    for path in ("/", "/missing"):
        policy = http(f"{SHOP}{path}").headers.get_all("Content-Security-Policy")
        assert len(policy) == 1
        assert policy[0].startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;")
    # Browsers tell what it would refuse, unless they were told to refuse it.
    headers = http("https://blog.example.org").headers
    assert headers["Content-Security-Policy"] is None
    assert headers["Content-Security-Policy-Report-Only"] == http(SHOP).headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["Content-Security-Policy", "Content-Security-Policy-Report-Only"])
@pytest.mark.parametrize("url", [SHOP, "https://blog.example.org"])
def test_an_application_keeps_its_own_policy(http, name, url):
    headers = http(url, headers=ask_for((name, "default-src https:"))).headers
    policies = (
        headers.get_all("Content-Security-Policy", []),
        headers.get_all("Content-Security-Policy-Report-Only", []),
    )
    assert [*policies[0], *policies[1]] == ["default-src https:"]
    assert headers[name] == "default-src https:"


def test_a_page_is_no_part_of_another_site(http):
    name = "Cross-Origin-Resource-Policy"
    assert http(SHOP).headers.get_all(name) == ["same-origin"]
    assert http(SHOP, headers=ask_for(("Content-Type", "image/png"))).headers[name] is None
    assert http(SHOP, headers=ask_for((name, "cross-origin"))).headers.get_all(name) == ["cross-origin"]


@pytest.mark.parametrize(("said", "means"), [("DENY", "'none'"), ("SAMEORIGIN", "'self'"), (None, None)])
def test_the_policy_frames_as_the_application_does(http, said, means):
    headers = ask_for(("X-Frame-Options", said)) if said else {}
    policy = http(SHOP, headers=headers).headers["Content-Security-Policy"]
    assert policy.partition("; frame-ancestors ")[2] == (means or "")


def test_an_application_that_is_gone_has_a_quiet_page(host, http, unit):
    host.check_output("systemctl stop blog")
    answer = http("https://blog.example.org")
    assert (answer.status, answer.headers["Cache-Control"]) == (502, "no-store")
    assert "One moment, please" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    # Nginx asks a server that was gone again after ten seconds; when it reads its files anew, at once.
    host.check_output(f"systemctl reset-failed blog; {BLOG}")
    reload(host, unit)
    assert http("https://blog.example.org").status == 200


def test_several_servers_share_the_requests_and_one_that_is_gone_costs_none(host, unit):
    host.check_output(OTHER)
    reload(host, unit)
    request = r"GET / HTTP/1.1\r\nHost: blog.example.org\r\n\r\n"
    client = f"{CLIENT} -servername blog.example.org"
    again = request * 19 + closing(request)
    ask = f"(printf '{request * 20}'; sleep 1; systemctl kill --signal=KILL other; printf '{again}')"
    answers = host.check_output(f"{ask} | {client} 2> /dev/null")
    assert re.findall(r"HTTP/1.1 (\d+)", answers) == ["200"] * 40
    servers = re.findall(r'"server": "/run/blog/(\w+).sock"', answers)
    assert set(servers[:20]) == {"web", "other"}
    assert set(servers[20:]) == {"web"}
    host.check_output("systemctl reset-failed other; rm /run/blog/other.sock")


def test_a_form_is_sent_once_and_a_page_asked_for_again_when_a_worker_is_killed(host, http, unit):
    url, begin = "https://blog.example.org", host.check_output("date +@%s")
    killed = f"journalctl --sync; journalctl --since={begin} --unit=blog --unit=other --output=cat | grep ' /die'"
    start = f"systemctl stop blog other; systemctl reset-failed; {BLOG}; {OTHER}"
    host.check_output(start)
    reload(host, unit)
    # Connections that are kept are the ones that Nginx would try again.
    assert [http(url).status for _ in range(4)] == [200] * 4
    answer = http(f"{url}/die", method="POST", body="x")
    assert (answer.status, "One moment, please" in answer.text) == (502, True)
    assert host.check_output(killed) == "POST /die"
    host.check_output(start)
    reload(host, unit)
    assert [http(f"{url}/die/other").status for _ in range(4)] == [200] * 4
    assert host.check_output(killed).splitlines() == ["POST /die", "GET /die/other"]
    host.check_output("systemctl reset-failed other; rm /run/blog/other.sock")


def test_a_site_has_error_pages_of_its_own(host, http):
    host.check_output("install -d /srv/my-shop/static/errors")
    for status in (413, 502):
        host.check_output(f"echo We say {status} > /srv/my-shop/static/errors/{status}.html")
    host.check_output("mv /run/my-shop/web.sock /run/my-shop/away")
    gone = http(SHOP), http(SHOP, method="POST", body="x")
    host.check_output("mv /run/my-shop/away /run/my-shop/web.sock")
    for answer in gone:
        assert (answer.status, answer.text) == (502, "We say 502\n")
        assert answer.headers.get_all("Cache-Control") == ["no-store"]
        assert answer.headers["Content-Type"] == "text/html"
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    large = http(SHOP, method="POST", body="x" * 5000)
    assert (large.status, large.text) == (413, "We say 413\n")
    host.check_output("rm -r /srv/my-shop/static/errors; sleep 1.1")
    assert http(SHOP).status == 200


def test_a_request_that_is_too_large_has_a_quiet_page(http):
    answer = http(SHOP, method="POST", body="x" * 5000)
    assert answer.status == 413
    assert "Please send a smaller file" in answer.text


def test_a_part_takes_an_address_or_a_password(http):
    def ask(address, password=None):
        headers = {"X-Forwarded-For": address}
        if password:
            headers["Authorization"] = "Basic " + base64.b64encode(f"alice:{password}".encode()).decode()
        return http("https://blog.example.org/private/page", headers=headers).status

    assert ask("198.51.100.7") == 401
    assert ask("198.51.100.7", "wrong") == 401
    assert ask("198.51.100.7", "correct horse") == 200
    assert ask("203.0.113.9") == 200
    assert http("https://blog.example.org/", headers={"X-Forwarded-For": "198.51.100.7"}).status == 200


def test_an_address_of_a_trusted_proxy_is_believed(told):
    headers = told("https://blog.example.org", headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.7"})["headers"]
    assert headers["X-Real-IP"] == headers["X-Forwarded-For"] == "198.51.100.7"


LONG = ".".join(["x" * 61] * 3 + ["y" * 55, "example.org"])


@pytest.mark.parametrize("name", [LONG, "n399.many.example.org"])
def test_long_and_many_names(told, name):
    assert told(f"https://{name}/")["headers"]["Host"] == name


def test_an_answer_may_have_large_headers(http):
    """A cookie with the session, and a policy with hundreds of hashes."""
    answer = http(SHOP, headers=ask_for(**{"Set-Cookie": 4000, "Content-Security-Policy": 28000}))
    assert answer.status == 200
    assert len(answer.headers["Content-Security-Policy"]) == 28000


def test_tls_may_end_at_a_trusted_proxy(told, http, host):
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
    headers = told("http://shop.example.org/a", headers=said)["headers"]
    assert [headers[f"X-Forwarded-{name}"] for name in ("Proto", "Port", "For")] == ["https", "443", "198.51.100.7"]
    answer = http("http://www.example.org/a", headers=said)
    assert (answer.status, answer.headers["Location"]) == (301, f"{SHOP}/a")
    # What came to it in the clear goes on to HTTPS, and so does whoever only says so.
    assert http("http://shop.example.org/", headers=said | {"X-Forwarded-Proto": "http"}).status == 301
    foreign = host.check_output("hostname -I").split()[0]
    answer = http("http://shop.example.org/", headers=said, connect=foreign)
    assert (answer.status, answer.headers["Location"]) == (301, f"{SHOP}/")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_load_balancer_asks_by_address(http, host, scheme):
    def health(path="", address="127.0.0.1"):
        answer = http(f"{scheme}://{address}/.well-known/health{path}", ca=None, connect=address)
        return answer.status, answer.text

    foreign = host.check_output("hostname -I").split()[0]
    assert health() == health("/my-shop") == health("/blog", foreign) == (200, "ok\n")
    host.check_output("mv /run/my-shop/web.sock /run/my-shop/away")
    gone = health("/my-shop"), health("/blog"), health()
    host.check_output("mv /run/my-shop/away /run/my-shop/web.sock")
    assert gone == ((503, "nothing serves\n"), (200, "ok\n"), (200, "ok\n"))
    host.check_output("touch /run/groundcrew-drain")
    drained = health(), health("/blog"), http(SHOP).status
    host.check_output("rm /run/groundcrew-drain")
    assert drained == ((503, "drained\n"), (503, "drained\n"), 200)
    assert health() == (200, "ok\n")


def test_files_in_a_part_that_is_not_for_everybody(http):
    url = "https://blog.example.org/static/inside/a.txt"
    assert http(url, headers={"X-Forwarded-For": "198.51.100.7"}).status == 403
    assert http(url, headers={"X-Forwarded-For": "203.0.113.9"}).text == "inside\n"
    assert http("https://blog.example.org/static/site.css").status == 200


@pytest.mark.parametrize(("method", "path", "most"), [("POST", "/accounts/login/", 31), ("GET", "/", 201)])
def test_one_address_may_not_ask_for_everything(host, http, method, path, most):
    address = "10.0.2.31" if method == "POST" else "192.0.2.32"
    assert http(f"https://blog.example.org{path}", method=method, headers={"X-Forwarded-For": address}).status == 200
    lines = [f"{method} {path} HTTP/1.1", "Host: blog.example.org", f"X-Forwarded-For: {address}", "Content-Length: 0"]
    request = "".join(line + r"\r\n" for line in [*lines, ""])
    client, end = f"{CLIENT} -servername blog.example.org", f"printf '{closing(request)}'"
    if method == "GET":
        # Of those that wait, there are so many in two seconds.
        client, end = f"{client} -no_ign_eof", "sleep 2"
    asked = f"(for i in $(seq {most * 2 - 1}); do printf '{request}'; done; {end})"
    command = f"{asked} | {client} 2> /dev/null"
    answers = host.check_output(f"{command} | grep --text --only-matching 'HTTP/1.1 [0-9]*'").splitlines()
    refused = [answer for answer in answers if " 429" in answer]
    if method == "POST":
        # What flows back meanwhile is allowed as well.
        assert most * 0.4 < len(refused) < most * 1.1
    else:
        # One after the other they wait, and those before them with them.
        assert (len(refused), 25 <= len(answers) < most) == (0, True)
    # Others do not suffer.
    other = {"X-Forwarded-For": "192.0.2.77"}
    assert http(f"https://blog.example.org{path}", method=method, headers=other).status == 200


def logged(host, text):
    """Wait until a text stands in the log, which Nginx writes a second later, or more on a busy machine."""
    find = shlex.join(["grep", "--quiet", "--fixed-strings", text, "/var/log/nginx/access.log"])
    host.check_output("timeout 30 sh -c %s", f"until {find}; do sleep 0.2; done")


def test_the_log_has_an_object_in_each_line(host, told):
    told(f"{SHOP}/logged", headers={"User-Agent": 'say "hi"'})
    logged(host, "GET /logged")
    lines = host.check_output("grep --fixed-strings 'GET /logged' /var/log/nginx/access.log").splitlines()
    entry = json.loads(lines[-1])
    assert (entry["status"], entry["agent"], entry["host"]) == (200, 'say "hi"', "shop.example.org")
    assert len(entry["id"]) == 32
    assert float(entry["upstream_seconds"]) >= 0


def test_the_log_lets_nobody_in(host, http):
    """Neither a query nor a link for a new password, whichever server answers and whoever was asked before."""
    key = "canary" + host.check_output("date +%s%N")
    django, allauth = f"/reset/MQ/c5x0aa-{'0f' * 16}/{key}", f"/key/1-c5x0aa-{'0f' * 16}/?{key}"
    signed = f"/confirm/MQ:1tabcd:{'aZ-_9' * 8}abc/"
    for url in (
        f"{SHOP}/seen?token={key}",
        f"http://shop.example.org/seen?token={key}",
        f"https://www.example.org/seen?token={key}",
        f"http://127.0.0.1/.well-known/seen?token={key}",
        f"{SHOP}/static/missing.css?{key}",
    ):
        with contextlib.suppress(pytest.fail.Exception):
            http(url, headers={"Referer": f"{SHOP}/from?code={key}#{key}"})
    for path in (django, allauth, signed):
        http(f"{SHOP}{path}", headers={"Referer": f"{SHOP}{path}"})
    # Each worker of Nginx writes a second later, or more on a busy machine.
    read = "tail -n 30 /var/log/nginx/access.log"
    assert settles(host, f"[ $({read} | grep -cE 'GET /(seen HTTP|reset/|key/|confirm/)') -ge 6 ]", 30)
    log = host.check_output(read)
    assert log.count("GET /seen HTTP/1.1") == 3
    assert log.count(f'"referer":"{SHOP}/from"') >= 3
    assert log.count("/reset/MQ/***/") == 2
    assert log.count('/key/***/"') + log.count("/key/***/ ") == 2
    assert log.count("/confirm/***/") == 2
    assert log.replace(f"/***/{key}", "").count(key) == 0
    assert not re.search(r"(0f){16}|1tabcd", log)


def test_the_log_of_errors_lets_nobody_in(host, http):
    """Servers that are gone, files that are missing, parts that are closed, and too many requests."""
    key = "canary" + host.check_output("date +%s%N")
    referer = {"Referer": f"{SHOP}/from?code={key}"}
    host.check_output("mv /run/my-shop/web.sock /run/my-shop/away")
    try:
        assert http(f"{SHOP}/gone?token={key}", headers=referer).status == 502
    finally:
        host.check_output("mv /run/my-shop/away /run/my-shop/web.sock")
    http(f"{SHOP}/static/missing.css?token={key}", headers=referer)
    http(f"https://blog.example.org/static/inside/a.txt?token={key}", headers={**VISITOR, **referer})
    lines = [f"POST /accounts/login/?next={key} HTTP/1.1", "Host: blog.example.org", "X-Forwarded-For: 10.0.2.41"]
    request = "".join(line + r"\r\n" for line in [*lines, "Content-Length: 0", ""])
    asked = f"(for i in $(seq 59); do printf '{request}'; done; printf '{closing(request)}')"
    host.check_output(f"{asked} | {CLIENT} -servername blog.example.org > /dev/null 2>&1")
    find = "grep --quiet 'limiting requests.*POST /accounts/login/ HTTP/1.1' /var/log/nginx/error.log"
    host.check_output("timeout 30 sh -c %s", f"until {find}; do sleep 0.2; done")
    log = host.check_output("tail -n 200 /var/log/nginx/error.log")
    for line in ('"GET /gone HTTP/1.1", upstream: "http://unix:/run/my-shop/web.sock:/gone"', "a.txt HTTP/1.1"):
        assert line in log
    assert f'referrer: "{SHOP}/from"' in log
    assert host.run("grep --recursive --files-with-matches %s /var/log", key).stdout == ""
    assert key not in host.check_output("journalctl --since=-2min --output=cat")


def test_errors_are_written_after_a_rotation_and_by_a_program_that_was_killed(host, http):
    host.check_output(f"{ROTATE}; systemctl kill --signal=KILL groundcrew-nginx-errors || true")
    http("https://blog.example.org/static/inside/after-that.txt", headers=VISITOR)
    find = "grep --quiet 'GET /static/inside/after-that.txt HTTP' /var/log/nginx/error.log"
    host.check_output("timeout 30 sh -c %s", f"until {find}; do sleep 0.2; done")


def test_what_looks_like_no_token_is_logged_as_it_is(host, http):
    for path in ("/550e8400-e29b-41d4-a716-446655440000/", "/a:b/c-0123456789abcdef/", f"/{'0f' * 16}/"):
        http(f"{SHOP}{path}")
        logged(host, f"GET {path} HTTP/1.1")
        assert f"GET {path} HTTP/1.1" in host.check_output("tail -n 3 /var/log/nginx/access.log")


def test_requests_that_are_cancelled_at_once_reach_no_application(host, told):
    """One connection over HTTP/2, a thousand requests, each taken back."""
    before = told(SHOP)["served"]
    for address in ("192.0.2.66", "10.1.2.66"):
        host.check_output(shlex.join(["python3", "-c", RESET, "shop.example.org", address, "1000"]))
    start = time.monotonic()
    served = told(SHOP, headers={"X-Forwarded-For": "192.0.2.67"})["served"]
    assert time.monotonic() - start < 5
    assert served - before < 150


def test_http_leads_to_https(http):
    answer = http("http://shop.example.org/a?b=c")
    assert (answer.status, answer.headers["Location"]) == (301, f"{SHOP}/a?b=c")


@pytest.mark.parametrize("url", ["http://unknown.example.org/", "http://127.0.0.1/", "https://unknown.example.org/"])
def test_an_unknown_host_gets_no_answer(http, url):
    with pytest.raises(pytest.fail.Exception, match=r"without response|UNRECOGNIZED_NAME"):
        http(url, ca=None)


def test_ipv6_serves_as_well(http):
    assert http(SHOP, connect="::1").status == 200


def test_the_configuration_is_read_without_a_warning(host):
    assert "[warn]" not in host.run("nginx -t").stderr


def test_http2_and_tls_1_3_are_offered(http, host):
    assert http(SHOP).tls["version"] == "TLSv1.3"
    handshake = "openssl s_client -connect 127.0.0.1:443 -servername shop.example.org -alpn h2"
    host.check_output(f"{handshake} < /dev/null | grep --text 'ALPN protocol: h2'")


@pytest.mark.parametrize(("version", "works"), [("tls1", False), ("tls1_1", False), ("tls1_2", True)])
def test_old_protocols_are_refused(host, version, works):
    options = f"-{version} -cipher ALL@SECLEVEL=0 -servername shop.example.org"
    assert (host.run(f"openssl s_client -connect 127.0.0.1:443 {options} < /dev/null").rc == 0) == works


@pytest.mark.split
def test_tls_1_2_is_refused_by_the_modern_profile(play, host):
    client = "openssl s_client -connect 127.0.0.1:443 -servername shop.example.org"
    assert play(PLAYBOOK, nginx_tls_profile="modern").returncode == 0
    assert host.run(f"{client} -tls1_2 < /dev/null").rc != 0
    assert host.run(f"{client} -tls1_3 < /dev/null").rc == 0
    assert play(PLAYBOOK).returncode == 0
    assert host.run(f"{client} -tls1_2 < /dev/null").rc == 0


@pytest.mark.split
def test_old_clients_get_a_certificate_with_an_rsa_key_when_asked(play, host):
    """Everybody else gets the usual one."""
    client = f"openssl s_client -connect 127.0.0.1:443 -servername blog.example.org -CAfile {CA} -verify_return_error"
    old = f"{client} -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 < /dev/null"
    new = (f"{client} -tls1_2 < /dev/null", f"{client} -tls1_3 < /dev/null")
    assert host.run(old).rc != 0
    files = {key: [f"{BLOG_TLS}/{name}", f"{BLOG_TLS}/rsa/{name}"] for key, name in PAIR.items()}
    assert play(PLAYBOOK, rsa=True, blog=files).returncode == 0
    assert "Server public key is 2048 bit" in host.check_output(old)
    for command in new:
        assert "Server public key is 256 bit" in host.check_output(command)
    assert play(PLAYBOOK).returncode == 0
    assert host.run(old).rc != 0


def test_keys_are_exchanged_as_openssl_can(host):
    """Debian 13 withstands a quantum computer; Debian 12 cannot."""
    handshake = host.check_output("openssl s_client -connect 127.0.0.1:443 -servername shop.example.org < /dev/null")
    newest = host.run("openssl list -kem-algorithms | grep -q X25519MLKEM768").rc == 0
    assert ("X25519MLKEM768" in handshake) == newest


def test_weak_ciphers_are_refused(host):
    options = "-tls1_2 -cipher AES128-SHA@SECLEVEL=0 -servername shop.example.org"
    assert host.run(f"openssl s_client -connect 127.0.0.1:443 {options} < /dev/null").rc != 0


def test_the_server_tells_nothing_about_itself(http):
    assert http(SHOP).headers["Server"] == "nginx"


def test_the_application_reads_what_nginx_saw(told):
    forged = (
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "Proxy",
    )
    headers = told(SHOP, headers=dict.fromkeys(forged, "forged"))["headers"]
    assert "forged" not in json.dumps(headers)
    assert headers["X-Forwarded-For"] == headers["X-Real-IP"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["X-Forwarded-Host"] == headers["Host"] == "shop.example.org"


def test_a_port_of_the_site_reaches_the_application_and_no_other_does(told, http):
    assert told(SHOP, headers={"Host": "Shop.example.org:8443"})["headers"]["Host"] == "Shop.example.org:8443"
    assert told(SHOP, headers={"Host": "shop.example.org:443"})["headers"]["Host"] == "shop.example.org:443"
    for port in ("99999", "8444", "84430", "22", "0443", "0"):
        for path in ("/", "/static/site.css"):
            assert http(f"{SHOP}{path}", headers={"Host": f"shop.example.org:{port}"}).status == 400


def test_a_second_host_in_the_request_is_ignored(host):
    request = r"GET https://shop.example.org/ HTTP/1.1\r\nHost: evil.example.org\r\nConnection: close\r\n\r\n"
    answer = host.check_output(f"printf '{request}' | {CLIENT} -servername shop.example.org 2> /dev/null")
    assert "200 OK" in answer
    assert "evil" not in answer


@pytest.fixture
def say(host):
    """Return a function that sends lines (str) and a body to the shop, and returns what `say.py` prints."""

    def run(*lines, body="", wait=2, end="\r\n\r\n", drip=""):
        request = base64.b64encode(zlib.compress(("\r\n".join(lines) + end + body).encode("latin-1"))).decode()
        return json.loads(host.check_output(shlex.join(["python3", "-c", SAY, str(wait), request, drip])))

    return run


SECOND = "GET /smuggled HTTP/1.1\r\nHost: shop.example.org\r\n\r\n"
HOST = "Host: shop.example.org"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("lines", "body", "statuses"),
    [
        # Two ways to tell where a request ends: whoever believes the other one sees a second request.
        (["POST / HTTP/1.1", HOST, "Content-Length: 5", CHUNKED], f"0\r\n\r\n{SECOND}", [400]),
        (["POST / HTTP/1.1", HOST, CHUNKED, "Content-Length: 5"], f"0\r\n\r\n{SECOND}", [400]),
        (["POST / HTTP/1.1", HOST, "Content-Length: 0", f"Content-Length: {len(SECOND)}"], SECOND, [400]),
        (["POST / HTTP/1.1", HOST, "Content-Length: 0, 5"], SECOND, [400]),
        (["POST / HTTP/1.1", HOST, "Content-Length: +5"], SECOND, [400]),
        (["POST / HTTP/1.1", HOST, "Content-Length: -1"], SECOND, [400]),
        (["POST / HTTP/1.1", HOST, CHUNKED, "Transfer-Encoding: identity"], f"0\r\n\r\n{SECOND}", [400]),
        (["POST / HTTP/1.1", HOST, "Transfer-Encoding : chunked"], f"0\r\n\r\n{SECOND}", [400]),
        (["POST / HTTP/1.1", HOST, "Transfer-Encoding: xchunked"], f"0\r\n\r\n{SECOND}", [501]),
        (["POST / HTTP/1.0", HOST, CHUNKED], f"0\r\n\r\n{SECOND}", [400]),
        (["POST / HTTP/1.1", HOST, CHUNKED], f"x\r\n\r\n{SECOND}", [400]),
        (["GET / HTTP/1.1", HOST, "X-Folded: a", " Content-Length: 5"], SECOND, [400]),
        # Who is asked.
        (["GET / HTTP/1.1", HOST, "Host: evil.example.org"], "", [400]),
        (["GET / HTTP/1.1", "Host: shop.example.org/evil"], "", [400]),
        (["GET / HTTP/1.1"], "", [400]),
        (["GET https://evil.example.org/ HTTP/1.1", HOST], "", []),
        (["GET / HTTP/1.1", "Host: shop.example.org@evil.example.org"], "", []),
        (["GET /"], "", []),
        # What is no request.
        (["GET /\0 HTTP/1.1", HOST], "", [400]),
        (["GET /%00 HTTP/1.1", HOST], "", [400]),
        (["G@T / HTTP/1.1", HOST], "", [400]),
        (["TRACE / HTTP/1.1", HOST], "", [405]),
        (["GET / HTTP/1.1", HOST, "X: " + "x" * 65536], "", [400]),
        (["GET / HTTP/1.1", HOST, *[f"X-{number}: {'x' * 2000}" for number in range(32)]], "", [400]),
        ([f"GET /{'x' * 65536} HTTP/1.1", HOST], "", [414]),
    ],
)
def test_a_lie_is_refused(say, lines, body, statuses):
    said = say(*lines, body=body)
    assert (said["statuses"], said["told"], said["open"]) == (statuses, [], False)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_the_application_counts_as_nginx_does(say, end):
    """Chunks reach the application as one body of a known length, however their lines end."""
    body = f"3;x=y{end}abc{end}0{end}{end}"
    said = say("POST /first HTTP/1.1", HOST, CHUNKED, body=body + SECOND)
    if said["statuses"] == [400]:
        assert end == "\n"
        return
    assert [told["path"] for told in said["told"]] == ["/first", "/smuggled"]
    headers = said["told"][0]["headers"]
    assert (headers["Content-Length"], headers.get("Transfer-Encoding")) == ("3", None)


def test_a_header_with_another_spelling_forges_nothing(told):
    forged = ("X_Forwarded_For", "X_Real_IP", "X_Forwarded_Proto", "X_Forwarded_Host", "X_Request_ID")
    assert "forged" not in json.dumps(told(SHOP, headers=dict.fromkeys(forged, "forged"))["headers"])


@pytest.mark.split
def test_slow_clients_are_hung_up_on(say, http):
    with ThreadPoolExecutor() as pool:
        nothing = pool.submit(say, end="", wait=40)
        header = pool.submit(say, "GET / HTTP/1.1", HOST, end="\r\nX: ", drip="x" * 40, wait=40)
        body = pool.submit(say, "POST / HTTP/1.1", HOST, "Content-Length: 100", body="x", wait=40)
        assert http(SHOP).status == 200
    for said, seconds in ((nothing, 20), (header, 20), (body, 30)):
        assert (said.result()["open"], said.result()["told"]) == (False, [])
        assert seconds - 1 <= said.result()["seconds"] <= seconds + 5


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/private/page", 401),
        ("//private//page", 401),
        ("/%70rivate/page", 401),
        ("/private%2Fpage", 401),
        ("/public/../private/page", 400),
        # To Nginx these are not in the part; to an application that decodes a path and no more they are.
        ("/private/..%2Fpage", 400),
        ("/private/%2E%2e/page", 400),
        ("/private/page/..", 400),
        ("/private%2f.%2e?page", 400),
        ("/.well-known/a..b/...?next=/../private/", 200),
    ],
)
def test_a_path_means_the_same_to_nginx_and_the_application(http, path, status):
    answer = http(f"https://blog.example.org{path}", headers={"X-Forwarded-For": "198.51.100.7"})
    assert answer.status == status
    if status == 200:
        assert json.loads(answer.text)["path"] == path


def test_an_encoded_slash_stays_encoded(told):
    assert told(f"{SHOP}/a%2Fb%20c/?next=%2F..%2F")["path"] == "/a%2Fb%20c/?next=%2F..%2F"


@pytest.mark.parametrize(("protocol", "upgraded"), [("websocket", True), ("h2c", False)])
def test_only_websockets_are_upgraded(told, protocol, upgraded):
    headers = told(SHOP, headers={"Connection": "Upgrade", "Upgrade": protocol})["headers"]
    assert ("Upgrade" in headers, headers.get("Connection")) == ((True, "upgrade") if upgraded else (False, None))


def test_a_connection_is_used_again_and_soon_closed(host):
    request = r"GET / HTTP/1.1\r\nHost: shop.example.org\r\n\r\n"
    client = f"{CLIENT} -no_ign_eof -servername shop.example.org"
    connected = "awk '$6 == 3 && /my-shop.web.sock/' /proc/net/unix | wc -l"
    # Both on one connection of the client, so that one worker of Nginx sends them.
    done = "timeout 20 sh -c 'until [ $(grep -ao connection.: /tmp/kept | wc -l) -ge 2 ]; do sleep 0.05; done'"
    ask = f"(printf '{request * 2}'; {done}; {connected} > /tmp/connected)"
    answers = host.check_output(f": > /tmp/kept; {ask} | {client} > /tmp/kept 2> /dev/null; cat /tmp/kept")
    names = re.findall(r'"connection": (\d+)', answers)
    assert len(names) == 2
    assert names[0] == names[1]
    assert int(host.check_output("cat /tmp/connected")) > 0
    # What a deploy waits for.
    assert settles(host, f"[ $({connected}) = 0 ]", 10)


def test_pages_are_not_compressed(http):
    assert http(SHOP, headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] is None


def test_static_files_are_served_and_kept_by_browsers(http):
    answer = http(f"{SHOP}/static/site.css")
    assert (answer.text, answer.headers["Content-Type"]) == ("body {}\n", "text/css")
    assert "immutable" not in answer.headers["Cache-Control"]
    assert "immutable" in http(f"{SHOP}/static/site.0123456789ab.css").headers["Cache-Control"]
    for accepted, sent, content in (
        ("gzip", "gzip", b"\x1f\x8b"),
        ("gzip, deflate, br", "br", b"brotli\n"),
        ("*", None, b"body"),
    ):
        compressed = http(f"{SHOP}/static/site.0123456789ab.css", headers={"Accept-Encoding": accepted})
        assert (compressed.headers["Content-Encoding"], compressed.headers["Vary"]) == (sent, "Accept-Encoding")
        assert compressed.content.startswith(content)
        assert compressed.headers["Content-Type"] == "text/css"
    # Root's link to what another user has.
    assert http(f"{SHOP}/static/theirs.png").status == 403


def test_uploads_are_served_and_run_nothing(http):
    photo = http(f"{SHOP}/media/photo.png")
    assert (photo.content, photo.headers["Content-Security-Policy"]) == (b"\x89PNG", None)
    for name in ("page.html", "drawing.svg"):
        answer = http(f"{SHOP}/media/{name}")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    # The policy of the site takes scripts of its own address; browsers take none that is text.
    for name in ("script.js", "module.MJS"):
        answer = http(f"{SHOP}/media/{name}")
        assert (answer.text, answer.headers["Content-Type"]) == ("alert(1)\n", "text/plain")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert http(f"{SHOP}/media/link").status == 403
    for name in ("db.sqlite3", "DB.sqlite3", "db.sqlite3-wal"):
        answer = http(f"{SHOP}/media/{name}")
        assert (answer.status, "SQLite" in answer.text) == (404, False)
    said = {"X-Accel-Redirect": "/media/private/db.sqlite3", "Content-Type": ""}
    assert "SQLite" not in http(SHOP, headers=ask_for(**said)).text


@pytest.mark.parametrize("use", ["script", "worker", "serviceworker", "audioworklet", "xslt"])
def test_no_upload_is_a_script_whatever_its_type(http, use):
    told = {"Sec-Fetch-Dest": use}
    for name in ("script.js", "photo.png", "private/script.js"):
        said = {"X-Accel-Redirect": f"/media/{name}", "Content-Type": "text/javascript"}
        assert http(f"{SHOP}/media/{name}", headers=told).status in (403, 404)
        assert http(SHOP, headers=ask_for(**said) | told).status == 403
        assert http(SHOP, headers=ask_for(**said) | {"Sec-Fetch-Dest": "image"}).status == 200
    assert http(f"{SHOP}/static/site.css", headers=told).status == 200


def test_a_changed_static_file_is_served_within_a_second(host, http):
    """A deploy switches the folder above the files, and nobody reloads the server."""
    assert http(f"{SHOP}/static/site.css").text == "body {}\n"
    host.check_output("cp -a /srv/my-shop/static /srv/my-shop/next; echo changed > /srv/my-shop/next/site.css")
    host.check_output("cd /srv/my-shop; mv static before; mv next static; sleep 1.1")
    assert http(f"{SHOP}/static/site.css").text == "changed\n"
    host.check_output("cd /srv/my-shop; rm -r static; mv before static; sleep 1.1")
    assert http(f"{SHOP}/static/site.css").text == "body {}\n"


@pytest.mark.parametrize("way", ["private/report.txt", "private/", "/private/report.txt", "%70rivate/report.txt"])
def test_a_private_upload_is_for_those_whom_the_application_lets(http, way):
    answer = http(f"{SHOP}/media/{way}")
    assert (answer.status, "for some" in answer.text) == (404, False)


def test_the_application_hands_out_a_private_upload(http):
    said = {"X-Accel-Redirect": "/media/private/report.txt", "Content-Type": ""}
    answer = http(SHOP, headers=ask_for(**said))
    assert (answer.status, answer.text, answer.headers["Content-Type"]) == (200, "for some\n", "text/plain")
    assert answer.headers.get_all("Cache-Control") == ["private, no-cache"]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    answer = http(SHOP, headers=ask_for(("Cache-Control", "max-age=60"), **said) | {"Range": "bytes=4-"})
    assert (answer.status, answer.text) == (206, "some\n")
    assert answer.headers.get_all("Cache-Control") == ["max-age=60"]
    page = http(SHOP, headers=ask_for(**said | {"X-Accel-Redirect": "/media/private/page.html"}))
    assert "sandbox" in page.headers["Content-Security-Policy"]
    # Not a way to other files.
    for path in ("/media/private/../../secret", "/media/link", "/etc/hostname"):
        assert "hidden" not in (other := http(SHOP, headers=ask_for(**said | {"X-Accel-Redirect": path}))).text
        assert other.status in (403, 404, 500)


@pytest.mark.parametrize("prefix", ["static", "media"])
@pytest.mark.parametrize("way", ["../secret", "/../secret", "%2e%2e/secret", "/%2e%2e/secret", "/..%2fsecret"])
def test_no_path_leads_out_of_a_folder(http, prefix, way):
    assert "hidden" not in http(f"{SHOP}/{prefix}{way}").text


def test_large_bodies_are_refused(http):
    assert http(SHOP, method="POST", body="x" * 1024).status == 200
    assert http(SHOP, method="POST", body="x" * 1025).status == 413


def test_a_change_is_reloaded_not_restarted(play, http, unit):
    before = unit("nginx")["MainPID"]
    assert play(PLAYBOOK, body_size="2k").returncode == 0
    assert http(SHOP, method="POST", body="x" * 2048).status == 200
    assert unit("nginx")["MainPID"] == before


@pytest.mark.split
def test_a_site_is_closed_for_maintenance_and_opened_again(play, http, unit):
    before = unit("nginx")["MainPID"]
    assert play(MAINTENANCE, site="my-shop", state="present").returncode == 0
    for answer in (http(SHOP), http(SHOP, method="POST", body="x"), http(f"{SHOP}/static/site.css")):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "300")
        assert "working on this site" in answer.text
    assert http("https://blog.example.org").status == 200
    # A deploy meanwhile does not open it.
    assert play(PLAYBOOK, body_size="2k").returncode == 0
    assert http(SHOP).status == 503
    assert play(MAINTENANCE, site="my-shop", state="absent").returncode == 0
    assert http(SHOP).status == 200
    assert unit("nginx")["MainPID"] == before


@pytest.mark.split
def test_a_policy_is_chosen(play, http):
    own = 'add_header Content-Security-Policy "default-src https:";'
    assert play(PLAYBOOK, body_size="2k", csp="none", blog={"nginx_directives": [own]}).returncode == 0
    assert not [name for name in http(SHOP).headers if name.startswith("Content-Security-Policy")]
    # One among the directives of a site is the site's own.
    headers = http("https://blog.example.org").headers
    assert headers.get_all("Content-Security-Policy") == ["default-src https:"]
    assert headers["Content-Security-Policy-Report-Only"] is None
    assert play(PLAYBOOK, body_size="2k").returncode == 0


@pytest.mark.split
def test_listed_addresses_reach_a_closed_site(play, http):
    allow = {"maintenance": {"allow": ["127.0.0.0/8"]}}
    assert play(PLAYBOOK, body_size="2k", blog=allow).returncode == 0
    assert play(MAINTENANCE, site="blog", state="present").returncode == 0
    assert http("https://blog.example.org").status == 200
    assert play(PLAYBOOK, body_size="2k").returncode == 0
    assert http("https://blog.example.org").status == 503
    assert play(MAINTENANCE, site="blog", state="absent").returncode == 0


@pytest.mark.split
def test_a_value_that_nginx_refuses_reaches_no_common_file(play, http, host):
    common = host.file("/etc/nginx/conf.d/groundcrew.conf")
    before = common.sha256sum
    result = play(PLAYBOOK, body_size="2k", nginx_trusted_proxies=["10.0.0.0/33"])
    assert result.returncode != 0
    assert "keeps the one before" in result.stdout
    assert common.sha256sum == before
    assert host.run("nginx -t").rc == 0
    assert http(SHOP).status == 200


@pytest.mark.split
def test_a_broken_site_reaches_nobody(play, http, host):
    result = play(PLAYBOOK, body_size="2k", blog={"nginx_directives": ["proxy_read_timeuot 5s;"]})
    assert result.returncode != 0
    assert 'unknown directive "proxy_read_timeuot"' in result.stdout
    assert host.run("nginx -t").rc == 0
    assert http("https://blog.example.org").status == http(SHOP).status == 200


@pytest.mark.split
def test_an_interrupted_run_is_made_up_for(play, http, host, unit):
    """The site is on disk as it should be, and the run that wrote it was killed before the server read it."""
    site = "/etc/nginx/sites-enabled/my-shop.conf"
    host.check_output(f"cp {site} /root && sed -i 's/_body_size.*/_body_size 1;/' {site}")
    reload(host, unit)
    host.check_output(f"cp /root/my-shop.conf {site}")
    assert http(SHOP, method="POST", body="xx").status == 413
    assert play(PLAYBOOK, body_size="2k").returncode == 0
    assert http(SHOP, method="POST", body="xx").status == 200


@pytest.mark.split
def test_a_reload_that_failed_is_made_up_for(play, http, host):
    """A file of the operator's own stood in the way, and is mended; the site is on disk as it should be."""
    host.check_output("echo broken > /etc/nginx/sites-enabled/own")
    assert play(PLAYBOOK, body_size="3k").returncode != 0
    host.check_output("rm /etc/nginx/sites-enabled/own")
    assert http(SHOP, method="POST", body="x" * 3000).status == 413
    assert play(PLAYBOOK, body_size="3k").returncode == 0
    assert http(SHOP, method="POST", body="x" * 3000).status == 200


@pytest.mark.split
def test_a_new_certificate_is_served(play, host):
    host.check_output("rm /etc/ssl/groundcrew/my-shop/fullchain.pem")
    assert play(PLAYBOOK, body_size="2k").returncode == 0
    client = "openssl s_client -connect 127.0.0.1:443 -servername shop.example.org < /dev/null 2> /dev/null"
    served = host.check_output(f"{client} | openssl x509 -noout -fingerprint")
    assert served == host.check_output("openssl x509 -in /etc/ssl/groundcrew/my-shop/fullchain.pem -noout -fingerprint")


@pytest.mark.split
def test_what_was_taken_away_comes_back(play, http, host, unit):
    host.check_output("ln -s ../sites-available/default /etc/nginx/sites-enabled/")
    host.check_output("gpasswd --delete www-data my-shop")
    host.check_output("rm /etc/nginx/conf.d/groundcrew.conf /etc/systemd/system/nginx.service.d/groundcrew.conf")
    host.check_output(
        "systemctl disable --now nginx groundcrew-nginx-errors.socket; systemctl stop groundcrew-nginx-errors"
    )
    # As a power cut may leave it: a server that starts would not take it.
    host.check_output("truncate --size 0 /etc/nginx/groundcrew-nobody/key.pem")
    assert play(PLAYBOOK, body_size="2k").returncode == 0
    assert http(f"{SHOP}/static/site.css").status == 200
    with pytest.raises(pytest.fail.Exception):
        http("http://unknown.example.org/")
    assert (unit("nginx")["UnitFileState"], unit("nginx")["Restart"]) == ("enabled", "on-failure")
    assert "changed=0" in play(PLAYBOOK, body_size="2k").stdout


def test_a_killed_server_comes_back(http, host, unit):
    host.check_output("kill -KILL %s", unit("nginx")["MainPID"])
    deadline = time.monotonic() + 20
    while unit("nginx")["ActiveState"] != "active" or unit("nginx")["NRestarts"] == "0":
        assert time.monotonic() < deadline, "Nginx stays dead"
        time.sleep(0.5)
    assert http(SHOP).status == 200


def test_the_server_is_in_a_sandbox(host, unit, exposed):
    """Its first process needs root for the keys; without that it would be 1.5."""
    assert exposed("nginx.service") <= 2.5
    inside = f"nsenter --mount --target {unit('nginx')['MainPID']}"
    for path in ("/etc/nginx/a", "/usr/a", "/srv/a", "/var/www/a", "/root/a"):
        assert host.run(f"{inside} touch {path}").rc != 0, path
    assert "CapEff:\t0000000000000000" in host.check_output(f"cat /proc/{workers(host, unit).pop()}/status")


def test_logs_are_rotated(host, http):
    host.check_output(ROTATE)
    http(f"{SHOP}/after-the-rotation")
    logged(host, "GET /after-the-rotation")
    assert host.check_output("stat --format='%U %a' /var/log/nginx/access.log") == "www-data 640"


OWN_SITE = "server { listen 8099; root /home/folk; access_log /srv/logs/own.log; }"


@pytest.mark.split
def test_a_site_of_the_operators_own_opens_the_sandbox(play, http, host, unit):
    before = unit("nginx")["MainPID"]
    host.check_output("mkdir -p /srv/logs /home/folk; echo hello > /home/folk/index.html")
    host.check_output("echo %s > /etc/nginx/sites-enabled/own", OWN_SITE)
    # Without the sandbox the server would take it; the file is there, and what all sites share has a change.
    refused = play(PLAYBOOK, body_size="2k", nginx_requests_per_second=51)
    assert refused.returncode != 0
    said = " ".join(refused.stdout.split())
    assert "Read-only file system" in said
    assert "`nginx_service` opens it" in said
    assert unit("nginx")["MainPID"] == before
    assert http(SHOP).status == 200
    opened = {"nginx_service": ["ReadWritePaths=/srv/logs", "ProtectHome=read-only"]}
    assert play(PLAYBOOK, body_size="2k", **opened).returncode == 0
    assert http("http://127.0.0.1:8099/").text == "hello\n"
    now = unit("nginx")["MainPID"]
    assert now != before
    assert "changed=0" in play(PLAYBOOK, body_size="2k", **opened).stdout
    assert unit("nginx")["MainPID"] == now
    host.check_output("rm /etc/nginx/sites-enabled/own")
    assert play(PLAYBOOK, body_size="2k").returncode == 0


@pytest.mark.split
def test_an_absent_site_is_gone(play, http, host):
    """Also when a file of the operator's own was in the way first."""
    host.check_output("echo broken > /etc/nginx/sites-enabled/own")
    assert play(PLAYBOOK, body_size="2k", blog={"state": "absent"}).returncode != 0
    host.check_output("rm /etc/nginx/sites-enabled/own")
    assert play(PLAYBOOK, body_size="2k", blog={"state": "absent"}).returncode == 0
    assert host.check_output("find /etc/nginx -name '*blog*'") == ""
    with pytest.raises(pytest.fail.Exception):
        http("https://blog.example.org", ca=None)
    assert http(SHOP).status == 200
