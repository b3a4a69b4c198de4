"""The practices that a server shows of what runs there, and who reaches it. What waits to be done: `upkeep`."""

from __future__ import annotations

import re

from .observed import Server
from .sites import is_public
from .verdicts import Checks, Verdict, error, good, listed, note, warning

SHIP = "django_apps: [{name: shop, source: ~/shop}]"
SERVERS: Checks[Server] = Checks()
WEB = ("nginx", "apache2", "caddy", "haproxy", "sshd", "systemd")
CODE = re.compile(r"python[\d.]*|gunicorn.*|uvicorn|uwsgi.*|daphne|hypercorn|granian|node")
DATA = {
    3306: "MariaDB",
    5432: "PostgreSQL",
    6432: "PgBouncer",
    6379: "Redis",
    9200: "Elasticsearch",
    11211: "Memcached",
    27017: "MongoDB",
    5672: "RabbitMQ",
}


@SERVERS.add(
    "server", "The server tells how it is", "What cannot be asked cannot be judged.", "ansible_host: web1.example.org"
)
def server(one: Server) -> Verdict:
    """Judge that it could be asked."""
    if one.error:
        return error(f"It gave no answer: {one.error}")
    if not one.said["root"]:
        return warning(
            f"{one.said['system']}, not asked as root: much cannot be seen", "--ask-become-pass, or a user with sudo"
        )
    return good(one.said["system"])


@SERVERS.add(
    "web-server",
    "A real server runs the project",
    "`runserver` is not made for strangers or for load, and ends with the terminal.",
    SHIP,
)
def real_server(one: Server) -> Verdict | None:
    """Judge the programs that serve Django projects."""
    found = one.said.get("servers")
    if not found:
        return None
    wrong = [each["folder"] for each in found if each["kind"] == "runserver"]
    return error(f"runserver, in {listed(wrong)}") if wrong else good(listed(sorted({each["kind"] for each in found})))


@SERVERS.add("server-user", "No project runs as root", "A hole in one library is then the whole server.", SHIP)
def server_user(one: Server) -> Verdict | None:
    """Judge the users of these programs."""
    found = one.said.get("servers")
    if not found:
        return None
    wrong = [f"{each['kind']} in {each['folder']}" for each in found if each["user"] == "root"]
    return error(f"As root: {listed(wrong)}") if wrong else good(listed(sorted({each["user"] for each in found})))


@SERVERS.add("supervised", "systemd runs the project", "Else it stays away after a crash or a reboot.", SHIP)
def supervised(one: Server) -> Verdict | None:
    """Judge who starts these programs again."""
    found = one.said.get("servers")
    if not found or not one.said["systemd"]:
        return None
    wrong = [f"{each['kind']} in {each['folder']}" for each in found if not each["unit"].endswith(".service")]
    return error(f"In no unit: {listed(wrong)}") if wrong else good(listed(sorted({each["unit"] for each in found})))


@SERVERS.add(
    "secrets",
    "Secrets are not open to all users",
    "Each program on the server, and each hole in one, reads them.",
    'env: {API_TOKEN: "{{ vault_shop_api_token }}"}',
)
def secrets(one: Server) -> Verdict | None:
    """Judge files and units with secrets."""
    found = one.said.get("leaks")
    if not found or not one.said["servers"]:
        return None
    told = [f"{path} can be read by everybody" for path in found["files"]]
    told += [f"Environment= of {unit} is shown to everybody" for unit in found["units"]]
    return error(listed(told)) if told else good("No .env beside a project and no unit shows one")


@SERVERS.add(
    "ports",
    "Only the web is open to all",
    "A database or an application server that strangers reach is attacked at once.",
    "the host in the group `firewall`",
)
def ports(one: Server) -> Verdict | None:
    """Judge who listens for strangers, and whether a connection from here was taken."""
    if one.error:
        return None
    listening = {each["port"]: each["program"] for each in one.said["listening"] if not each["program"].startswith(WEB)}
    listening = {port: program for port, program in listening.items() if port not in (22, 80, 443)}
    if not listening:
        return good("Nothing listens but SSH and the web")
    names = {port: f"{port} ({DATA.get(port) or program or 'unknown'})" for port, program in listening.items()}
    if one.open is None:
        return warning(f"These listen, and were not tried from outside: {listed(list(names.values()))}")
    public = any(is_public(address) for address in one.said["addresses"])
    reached = [port for port in sorted(listening) if port in one.open]
    if not reached:
        return note(f"These listen, and are refused from here: {listed(list(names.values()))}")
    seen = f"Reached from here: {listed([names[port] for port in reached])}"
    grave = [port for port in reached if CODE.fullmatch(listening[port]) or (public and port in DATA)]
    if not grave:
        return warning(seen)
    return error(seen, SHIP if any(CODE.fullmatch(listening[port]) for port in grave) else "")
