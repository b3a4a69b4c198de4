"""Nginx's error log lets nobody in: lines as Nginx 1.22 and 1.26 write them."""

import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[1] / "roles/nginx/files/errors/groundcrew-nginx-errors"
SPEC = importlib.util.spec_from_loader("errors", importlib.machinery.SourceFileLoader("errors", str(PATH)))
errors = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(errors)

BEGIN = "2026/11/27 03:12:10 [error] 42#42: *7 "
GONE = "connect() to unix:/srv/shop/current/web.sock failed (111: Connection refused) while connecting to upstream"
WHO = "client: 192.0.2.9, server: shop.example.org"
LIMITED = 'limiting requests, excess: 200.6 by zone "groundcrew_requests"'
RESET = f"/reset/MQ/c5x0aa-{'0f' * 16}/"
CASES = {
    f'{GONE}, {WHO}, request: "GET /a?token=CANARY HTTP/1.1", upstream: "http://unix:/srv/shop/current/web.sock:/a?token=CANARY",'
    ' host: "shop.example.org", referrer: "https://shop.example.org/b?code=CANARY"': (
        f'{GONE}, {WHO}, request: "GET /a HTTP/1.1", upstream: "http://unix:/srv/shop/current/web.sock:/a",'
        ' host: "shop.example.org", referrer: "https://shop.example.org/b"'
    ),
    f'{LIMITED}, {WHO}, request: "POST /a/?next=CANARY HTTP/2.0", host: "x"': (
        f'{LIMITED}, {WHO}, request: "POST /a/ HTTP/2.0", host: "x"'
    ),
    f'access forbidden by rule, {WHO}, request: "GET {RESET}?x HTTP/1.1", host: "x", referrer: "https://x{RESET}"': (
        f'access forbidden by rule, {WHO}, request: "GET /reset/MQ/***/ HTTP/1.1", host: "x",'
        ' referrer: "https://x/reset/MQ/***/"'
    ),
    # A quote, which browsers encode, and a line that Nginx cut off after 2 kB.
    f'{GONE}, {WHO}, request: "GET /a?q="CANARY" HTTP/1.1", host: "x"': (
        f'{GONE}, {WHO}, request: "GET /a HTTP/1.1", host: "x"'
    ),
    f'{GONE}, {WHO}, request: "GET /a?token={"CANARY" * 300}': f'{GONE}, {WHO}, request: "GET /a',
    f'"/srv/a?b=CANARY" is not found, {WHO}, request: "GET /a HTTP/1.1"': (
        f'"/srv/a" is not found, {WHO}, request: "GET /a HTTP/1.1"'
    ),
    f'open() "/srv/static/site.0123456789ab.css" failed (2: No such file or directory), {WHO}': None,
    "signal process started": None,
}


@pytest.mark.parametrize("line", CASES)
def test_a_line_has_no_query_and_no_token(line):
    assert errors.masked(BEGIN + line) == BEGIN + (CASES[line] or line)


def test_what_nginx_sends_begins_with_a_header():
    for header in ("<187>Nov 27 03:12:10 nginx: ", "<187>Nov  7 03:12:10 web1 nginx: "):
        assert errors.HEADER.sub("", header + BEGIN) == BEGIN
