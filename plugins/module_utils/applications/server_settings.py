"""Settings of a database server that it would refuse, or that what else the host is asked for does not go with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import databases, specification, vocabulary
from .findings import Finding
from .inventory import Host

ON, OFF = "on|true|yes|1", "off|false|no|0"
SWITCHED = f"{ON}|{OFF}"
WORDS = {
    "archive_mode": f"always|{SWITCHED}",
    "backslash_quote": f"safe_encoding|{SWITCHED}",
    "bytea_output": "hex|escape",
    "client_min_messages": "debug[1-5]?|log|notice|warning|error",
    "compute_query_id": f"auto|regress|{SWITCHED}",
    "constraint_exclusion": f"partition|{SWITCHED}",
    "default_toast_compression": "pglz|lz4",
    "default_transaction_isolation": "serializable|repeatable read|read committed|read uncommitted",
    "huge_pages": f"try|{SWITCHED}",
    "intervalstyle": "postgres|postgres_verbose|sql_standard|iso_8601",
    "log_error_verbosity": "terse|default|verbose",
    "log_min_error_statement": "debug[1-5]?|info|notice|warning|error|log|fatal|panic",
    "log_min_messages": "debug[1-5]?|info|notice|warning|error|log|fatal|panic",
    "log_statement": "none|ddl|mod|all",
    "password_encryption": "md5|scram-sha-256",
    "plan_cache_mode": "auto|force_generic_plan|force_custom_plan",
    "recovery_target_action": "pause|promote|shutdown",
    "session_replication_role": "origin|replica|local",
    "ssl_max_protocol_version": "(tlsv1(\\.[1-3])?)?",
    "ssl_min_protocol_version": "tlsv1(\\.[1-3])?",
    "synchronous_commit": f"local|remote_write|remote_apply|{SWITCHED}",
    "track_functions": "none|pl|all",
    "wal_compression": f"pglz|lz4|zstd|{SWITCHED}",
    "wal_level": "minimal|replica|archive|hot_standby|logical",
}
"""What the settings of PostgreSQL take that take one of several words, in small letters."""
RANGES = {"port": (1, 65535), "max_connections": (1, 262143)}
TIMES = re.compile(r"timeout|delay|naptime|_interval|_age$|duration|checkpoint_warning|_time$|keepalives_idle")
BYTES = re.compile("_mem$|_mem_|memory$|buffer|_size$|flush_after|_limit$|log_temp_files|max_stack_depth|_length")
NUMBERS = re.compile("max_|port$")
BACKUP = ("archive_command", "archive_library")
LOCAL = re.compile("(localhost|127[0-9.]*|::1|[ ,])*")
MARIADB_SIZE = re.compile(r"(\d+)(\.\d+)?\s*([kKmMgGtT])(i?[bB])?")


def text(value: Any) -> str:
    """Return the value of a setting in the server's words."""
    return str(value).strip().lower()


def postgresql(host: Host, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (what is wrong, what to write) of `postgresql_settings`; the sentence goes on from the variable."""
    said = {str(name).lower(): text(value) for name, value in settings.items() if isinstance(value, (str, int, float))}
    for name, value in said.items():
        if name in WORDS and value and not re.fullmatch(WORDS[name], value):
            words = [word for word in WORDS[name].split("|") if word.replace("_", "").replace(" ", "").isalnum()]
            near = specification.nearest(value, words, 0.6) or words[0]
            yield f"has {name}: {value}, which is none of its words", f"{name}: {near}"
        # `values` tells of the port, which firewalls and addresses read as well.
        if name != "port" and (problem := unit(name, str(settings.get(name, value)))):
            yield problem
    yield from beside(host, said)


def unit(name: str, value: str) -> tuple[str, str] | None:
    """Return what is wrong with the size of a number, or with the unit behind it, None when nothing is."""
    least, most = RANGES.get(name, (0, 0))
    if most and re.fullmatch(r"-?\d+", value) and not least <= int(value) <= most:
        return f"has {name}: {value}, and takes {least} to {most}", f"{name}: {5432 if name == 'port' else 100}"
    number = re.fullmatch(rf"(-?\d+(?:\.\d+)?){vocabulary.UNITS}", value)
    if not number or not number[2] or vocabulary.names("postgresql_settings").get(name) not in ("integer", "real"):
        return None
    is_size = number[2].strip().upper().endswith("B")
    if TIMES.search(name):
        wrong, words, right = is_size, "a time such as 30s", "30s"
    elif BYTES.search(name):
        wrong, words, right = not is_size, "a size such as 64MB", "64MB"
    else:
        wrong, words, right = NUMBERS.search(name) is not None, "a number without a unit", number[1]
    return (f"has {name}: {value}, and {name} takes {words}", f"{name}: {right}") if wrong else None


def beside(host: Host, said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield settings that do not go with the backups, the archive or the clients of the host."""
    off = re.fullmatch(OFF, said.get("archive_mode", "on"))
    if "backup" in host.groups:
        odd = [name for name in BACKUP if name in said] + (["archive_mode"] if off else [])
        odd += ["wal_level"] if said.get("wal_level") == "minimal" else []
        for name in odd:
            sentence = (
                f"has {name}: {said[name]}, and the host is in the group `backup`, which archives to its repository"
            )
            yield sentence, f"leave {name} out"
    elif said.get("wal_level") == "minimal" and not (off and said.get("max_wal_senders") == "0"):
        sentence = "has wal_level: minimal, with which an archive and replication do not start"
        yield sentence, "{wal_level: minimal, archive_mode: 'off', max_wal_senders: 0}"
    sockets = said.get("unix_socket_directories", "/run/postgresql")
    if not re.search(r"(^|[,\s])(/var)?/run/postgresql($|[,\s])", sockets):
        sentence = f"has unix_socket_directories: {sockets}, and what connects on this host looks in /run/postgresql"
        yield sentence, "leave unix_socket_directories out"
    if any(one.get("clients") for one in databases.of_host(host.variables)):
        if re.fullmatch(OFF, said.get("ssl", "on")):
            yield "has ssl: off, and the `clients` of `postgresql_databases` connect with TLS alone", "leave ssl out"
        if LOCAL.fullmatch(listens := said.get("listen_addresses", "*")):
            sentence = f"has listen_addresses: {listens}, where the `clients` of `postgresql_databases` reach nothing"
            yield sentence, "leave listen_addresses out"


def mariadb(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield sizes that MariaDB does not read."""
    for name, value in settings.items():
        found = MARIADB_SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
        if found and not re.fullmatch(r"\d+[kKmMgGtT]", value):
            right = f"{found[1]}{found[3].upper()}"
            yield f"has {name}: {value}, and takes a whole number with K, M, G or T right behind it", f"{name}: {right}"
        elif name == "port" and (problem := unit(name, str(value))):
            yield problem[0], "port: 3306"


def repository(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield addresses of a repository that apt does not read."""
    listed = given.get("uris")
    for one in listed if isinstance(listed, list) else str(listed or "").split():
        if isinstance(one, str) and not re.match(r"[a-z][a-z0-9+.-]*:/", one):
            yield f"has uris: {one}, which begins with no scheme", f"uris: https://{one}"


def findings(host: Host) -> Iterator[Finding]:
    """Yield what is wrong with the settings of the host's database servers."""
    for group, name in (("postgresql", "postgresql_settings"), ("mariadb", "mariadb_settings")):
        given = host.said(name)
        if group in host.groups and isinstance(given, dict):
            for sentence, example in postgresql(host, given) if group == "postgresql" else mariadb(given):
                whole = example if example.startswith("leave") else f"{name}: {{{example.strip('{}')}}}"
                yield Finding("setting", host.name, "", name, sentence, whole)
    given = host.said("postgresql_repository")
    for sentence, example in repository(given) if isinstance(given, dict) else ():
        yield Finding("repository-uri", host.name, "", "postgresql_repository", sentence, example)
