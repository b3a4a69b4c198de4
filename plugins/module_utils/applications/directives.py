"""Directives for the server block of Nginx: whole, in a known place, with no misspelt name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import vocabulary

TOKEN = re.compile(
    r"""\s+|\#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[;{}]|(?:\\.|\$\{[^}]*\}|[^\s;{}"'\\])(?:\\.|\$\{[^}]*\}|[^\s;{}\\])*"""
)
TLS = "nginx_tls_profile"
OWN = {
    "client_max_body_size": "client_max_body_size",
    "server_name": "domains",
    **dict.fromkeys(("gzip", "open_file_cache", "open_file_cache_valid", "open_file_cache_errors"), ""),
    **dict.fromkeys(("ssl_protocols", "ssl_ciphers", "ssl_ecdh_curve", "ssl_prefer_server_ciphers"), TLS),
    **dict.fromkeys(("ssl_session_timeout", "ssl_session_cache", "ssl_session_tickets"), TLS),
    **dict.fromkeys(("ssl_certificate", "ssl_certificate_key"), "certificate"),
    **dict.fromkeys(("http2", "server_tokens"), ""),
}
"""Directives that the site has once already, and the keys that change them."""


LISTENS = re.compile(r"((\*|0\.0\.0\.0|\[::\]):)?(80|443)|\*|0\.0\.0\.0|\[::\]")
"""Where every site listens; an address without a port is port 80."""


class Broken(Exception):
    """What is wrong, as a sentence that goes on from `has`."""


def statements(lines: list[str]) -> Iterator[tuple[list[str], str, int]]:
    """Yield (words, how it ends: `;` or `{` or `}`, how many blocks it stands in).

    :raises Broken: a quote, a block or a statement has no end.
    """
    text, position, depth, words, fresh = "\n".join(lines), 0, 0, list[str](), False
    while position < len(text):
        token = TOKEN.match(text, position)
        if not token:
            raise Broken(f"a quote that nothing closes: {text[position:].splitlines()[0][:40]}")
        position, word = token.end(), token.group()
        if word in ("{", ";", "}"):
            if word == "}" and words:
                raise Broken(f"`{' '.join(words)[:60]}`, which is a directive, and ends with `;`")
            if word == "}" and not depth:
                raise Broken("a `}` that no `{` opens: it would end the site's own block")
            if word == ";" and not words:
                raise Broken("a `;` that ends nothing")
            yield words, word, depth
            depth += {"{": 1, "}": -1, ";": 0}[word]
            words = []
        elif word.isspace() or word.startswith("#"):
            fresh = "\n" in word
        elif fresh and words and word in vocabulary.names("nginx_directives"):
            raise Broken(f"`{' '.join(words)[:60]}`, which is a directive, and ends with `;`")
        else:
            words.append(word)
    if words:
        raise Broken(f"`{' '.join(words)[:60]}`, which is a directive, and ends with `;`")
    if depth:
        raise Broken("a `{` that no `}` closes")


def problems(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (what is wrong as a sentence that goes on from `has`, the right word) of directives."""
    if any("_by_lua" in line for line in lines):
        return  # another language
    # The inside of these has words of its own instead of directives.
    foreign: list[int] = []
    for words, end, depth in statements(lines):
        if end == "}":
            foreign = [one for one in foreign if one < depth - 1]
            continue
        if foreign or not words:
            if not words:
                yield "a `{` without the name of a block", "location /x/ { ... }"
            continue
        name = words[0]
        if end == "{" and (name in ("types", "map", "geo", "split_clients", "charset_map")):
            foreign.append(depth)
        if right := vocabulary.near("nginx_directives", name):
            yield f"{name}, which Nginx does not know. Did you mean `{right}`?", ""
        elif depth == 0 and vocabulary.names("nginx_directives").get(name) == "location":
            yield f"{name}, which stands inside of a location alone", f"location /x/ {{ {' '.join(words)}; }}"
        elif depth == 0 and name in OWN:
            key = OWN[name]
            word = "variable" if key == TLS else "key"
            yield f"{name}, which the site has once already" + (f": say it by the {word} `{key}`" if key else ""), ""
        elif depth == 0 and name == "listen" and LISTENS.fullmatch(words[1] if len(words) > 1 else ""):
            yield f"`{' '.join(words)}`, which the site does already", "listen 8443 ssl;"
