"""How text looks that another program reads: what it would refuse, or overlook, is refused before anything changes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .ranges import plain


@dataclass(frozen=True)
class Format:
    """What a text looks like: a regular expression for all of it, the same in words, and the smallest right example."""

    pattern: str
    words: str
    example: str


BYTES = Format(r"[1-9]\d*[MGTPE]|[1-9]\d{3,}K|[1-9]\d{6,}", "a number with M or G behind it", "2G")
"""Without a letter it is bytes: what is less than a million of them was meant to be more."""
LOCALE = Format(r"(C|POSIX|[a-z]{2,3}(_[A-Z]{2})?)(\.[A-Za-z0-9-]+)?(@\w+)?", "a locale", "de_DE.UTF-8")
PACKAGE = Format(r"[a-z0-9][a-z0-9+.*?-]+(:[a-z0-9]+)?((=|>=|/)\S+)?", "the name of a Debian package", "libpq-dev")
INSIDE = Format(r"(?!/|~)(?!.*(^|/)\.\.(/|$)).*", "a path inside of the source", "backend")
WHOLE = Format(r"/(?!.*(^|/)\.\.(/|$)).*", "a whole path", "/srv/shop/index")
ADDRESS = Format(r"(https?|file)://\S+", "an address that begins with https://", "https://pypi.example.org/simple")
HOSTNAME = Format(r"[A-Za-z0-9._-]+|\[?[0-9a-fA-F:]+\]?", "a host name or an address", "nas.example.org")
DATABASE = Format(r"[^.,%\"\n\s/\\]{1,63}", "1 to 63 characters without dot, comma, space and quotes", "shop")
KEY = Format(
    r"\s*-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+", "the private key itself, with its first line and its last", ""
)
FILE = Format(r"(?!\s*-----BEGIN)[^\n]+", "the path of a file on this machine", "files/shop.pem")
REQUIREMENT = Format(
    r"\s*([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*(\[[\w\s,.-]*\])?\s*"
    r"(\(?\s*(===|==|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+\s*,?\s*\)?)*(@\s*\S+)?\s*(--hash\S+\s*)*([;#].+)?|-.+|.*[/\\].*)",
    "a requirement as pip writes it",
    "Django==5.2.*",
)
MAIL = Format(r"[^@\s]+@[^@\s]+", "an address of mail", "admin@example.org")
JOB = Format(
    r"(?!\s*Exec(Start|Stop|Reload)\s*=)(\s*[A-Z][A-Za-z0-9]+\s*=[\s\S]*|\s*[#;].*)",
    "a line of a [Service] section that is not its command, which is `run`",
    "Nice=10",
)
NETWORK = Format(r"(?!unix:).*", "addresses and networks", "10.0.0.0/8")
SERVICE = Format(r"\s*[A-Z][A-Za-z0-9]+\s*=[\s\S]*|\s*[#;].*", "a line of a [Service] section", "Nice=10")

FORMATS: dict[str, Format] = {
    "alertmanager_mail": MAIL,
    "alertmanager_heartbeat": Format(r"https?://\S+", ADDRESS.words, "https://hc-ping.com/ID"),
    "prometheus_alertmanagers": Format(
        r"([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):\d+", "a host with its port, without https://", "127.0.0.1:9093"
    ),
    "base_locale": LOCALE,
    "base_swap_size": Format(BYTES.pattern, f'{BYTES.words}, or "" for none', BYTES.example),
    "journal_size": BYTES,
    "base_journal_size": Format(BYTES.pattern, BYTES.words, "1G"),
    "base_log_size": Format(r"[1-9]\d*[kMG]|[1-9]\d{6,}", "a number with k, M or G behind it", "500M"),
    "base_packages": PACKAGE,
    "packages": PACKAGE,
    "build_packages": PACKAGE,
    "backup_name": Format(r"[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, `.`, `_` and `-`", "web1.example.org"),
    "backup_paths": WHOLE,
    "backup_repository.endpoint": Format(r"[A-Za-z0-9.-]+(:\d+)?", "a host name without https://", "s3.example.org"),
    "backup_repository.bucket": Format(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "the name of a bucket", "backups"),
    "backup_repository.host": HOSTNAME,
    "backup_repository.private_key": KEY,
    "backup_repository.host_keys": Format(
        r"(ssh-|ecdsa-|sk-)\S+ \S+.*", "public keys of the machine", "ssh-ed25519 AAAA"
    ),
    "backup_repository.ca": WHOLE,
    "certificate.certificate": FILE,
    "certificate.private_key": FILE,
    "certificate.rsa_certificate": FILE,
    "certificate.rsa_private_key": FILE,
    "certificate.server": ADDRESS,
    "certificate.server_ca": WHOLE,
    "certificate.email": MAIL,
    "certificate.dns": Format(r"[a-z0-9-]+", "lego's name of a provider", "cloudflare"),
    "application": Format(
        r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?", "a module and a callable in it", "shop.wsgi:application"
    ),
    "settings": Format(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", "the dotted name of a module", "shop.settings.production"),
    "working_directory": INSIDE,
    "requirements_files": Format(INSIDE.pattern, INSIDE.words, "requirements/production.txt"),
    "requirements": REQUIREMENT,
    "constraints": REQUIREMENT,
    "overrides": REQUIREMENT,
    "index_url": ADDRESS,
    "python_mirror": Format(ADDRESS.pattern, ADDRESS.words, "https://mirror.example.org/python"),
    "python": Format(r"[\w./+-]+", "a name or a path", "python3.12"),
    "deploy_key": KEY,
    "registries": Format(
        r"docker://[^\s:@/]+:[^\s@/]+@[A-Za-z0-9.-]+(:\d+)?",
        "a registry with its login",
        "docker://ci:PASSWORD@registry.example.org",
    ),
    "database_scheme": Format(r"[a-z][a-z0-9+]*", "the scheme of a URL", "postgis"),
    "databases": DATABASE,
    "extensions": Format(r"[a-z][a-z0-9_-]*", "the name of an extension", "postgis"),
    "postgresql_version": Format(r"\d+", "a major version", "17"),
    "postgresql_databases.name": DATABASE,
    "postgresql_databases.owner": DATABASE,
    "postgresql_databases.extensions": Format(r"[a-z][a-z0-9_-]*", "the name of an extension", "postgis"),
    "postgresql_databases.locale": LOCALE,
    "postgresql_databases.read_only_roles.name": DATABASE,
    "read_only_roles.name": DATABASE,
    "base_address": HOSTNAME,
    "firewall_administrators": NETWORK,
    "nginx_monitors": NETWORK,
    "prometheus_domain": Format(
        r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*",
        "a host name without https://",
        "monitor.example.org",
    ),
    "prometheus_retention": Format(r"(\d+[smhdwy])+", "a duration", "30d"),
    "probe.path": Format(r"/\S*", "a path that begins with `/`", "/health/"),
    "nginx_service": SERVICE,
    "postgresql_service": SERVICE,
    "processes.service": JOB,
    "ssh_administrators.name": Format(r"[a-z_][a-z0-9_-]{0,31}", "the name of a user", "ops"),
    "timers.service": JOB,
}
"""By the path of the key (`ranges.plain`)."""


def wrong(path: str, text: str) -> Format | None:
    """Return the format that a text does not have, None when it has it or when there is none; "" is nothing said."""
    form = FORMATS.get(plain(path))
    return form if form and text and not re.fullmatch(form.pattern, text) else None
