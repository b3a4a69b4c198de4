"""Blocks of Nginx: what stands outside of a site's, and what a block may hold once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from . import directives

OUTSIDE = """
    charset_map daemon env events fastcgi_cache_path geo geoip_city geoip_country http js_path keyval keyval_zone
    limit_conn_zone limit_req_zone load_module log_format mail map match perl_modules pid proxy_cache_path
    scgi_cache_path server server_names_hash_bucket_size server_names_hash_max_size split_clients stream upstream user
    uwsgi_cache_path variables_hash_bucket_size variables_hash_max_size worker_connections worker_processes
    worker_rlimit_nofile
"""
"""What Nginx takes outside of a server block alone."""
ONCE = re.compile(
    r"\w+_(timeout|size|buffers|buffering|cache|cache_key|tokens|http_version|protocols|ciphers|curve)"
    r"|root|alias|try_files|default_type|expires|etag|charset|autoindex|gzip|gzip_static|brotli|brotli_static|satisfy"
    r"|auth_basic|auth_basic_user_file|auth_request|internal|sendfile|tcp_nopush|resolver|proxy_pass|http2|sub_filter_once"
    r"|ssl_prefer_server_ciphers|ssl_session_tickets|ssl_dhparam|ssl_stapling|ssl_stapling_verify|ssl_verify_client"
)
"""What a block takes once; of others the last or all of them count."""
LOCATIONS = re.compile(r"/\.groundcrew/.*|@groundcrew_.*")


def problems(lines: list[str], taken: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (what is wrong as a sentence that goes on from `has`, the right word); `taken` are paths of the site.

    :raises directives.Broken: as `directives.statements`.
    """
    if any("_by_lua" in line for line in lines):
        return  # another language
    seen: list[set[str] | None] = [set()]  # of each block; None where the words inside are no directives
    for words, end, _ in directives.statements(lines):
        if end == "}":
            seen.pop()
            continue
        block, name = seen[-1], words[0] if words else ""
        if end == "{":
            seen.append(None if block is None or name in ("types", *OUTSIDE.split()) else set())
        if block is None:
            continue
        if name in OUTSIDE.split():
            yield f"{name}, which stands outside of a site: in a file of your own in /etc/nginx/conf.d", ""
        key = name if ONCE.fullmatch(name) else ""
        if name == "location":
            key = f"location {where(words)}"
            if block is seen[0] and (where(words) in taken or LOCATIONS.fullmatch(words[-1])):
                example = f"location = {words[-1]} {{ ... }}" if words[-1] != "/" else "location /other/ { ... }"
                yield f"`{key}`, which the site has once already", example
        if key and key in block:
            yield f"`{key}` twice in one block, and Nginx takes it once", ""
        block.add(key)


def where(words: list[str]) -> str:
    """Return the place of a location as Nginx tells it from others: `^~` says how it is chosen, and no other place."""
    rest = [word.strip("\"'") for word in words[1:] if word != "^~"]
    return " ".join(rest)
