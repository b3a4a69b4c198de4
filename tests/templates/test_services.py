"""Redis, PgBouncer, Memcached and PostgreSQL: what their own parsers would read, and no password where none belongs."""

import configparser
import hashlib
import os
import re
import subprocess

import pytest
import systemd


def renders(driver, variable, *cases, **more):
    """Mark a test with cases of one variable of a role."""
    return pytest.mark.renders(driver, *({variable: case, **more} for case in cases))


def lines(text, comment="#"):
    """Return the lines of a file that are no comment."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith(comment)]


def sum_of(password):
    return hashlib.sha256(password.encode()).hexdigest()


def directives(text):
    """Return the directives of `redis.conf`, {name: [value]}, and its users, {name: [rule]}."""
    found, users = {}, {}
    for line in lines(text):
        name, _, value = line.partition(" ")
        if name == "user":
            user, *rules = value.split()
            users[user] = rules
        else:
            found.setdefault(name, []).append(value)
    return found, users


PASSWORD = 'pa ss"%'
# Everything but what reconfigures the server.
RULES = ["~*", "&*", "+@all", "-@admin", "+client", "+config|get", "+slowlog"]


@renders(
    "redis",
    "redis_instance",
    *({"name": "shop", "purpose": purpose} for purpose in ("cache", "broker", "sessions")),
    {"name": "shop", "settings": {"save": ["60 1", "300 10"], "appendonly": True, "maxmemory-policy": "noeviction"}},
)
def test_redis_keeps_what_its_purpose_asks_for(files):
    kept = [directives(one["redis.conf"])[0] for one in files]
    assert [(one["maxmemory-policy"], one["appendonly"]) for one in kept] == [
        (["allkeys-lru"], ["no"]),
        (["noeviction"], ["yes"]),
        (["volatile-lru"], ["yes"]),
        (["noeviction"], ["yes"]),
    ]
    assert kept[0]["save"] == ['""']
    assert kept[3]["save"] == ["60 1", "300 10"]
    for one in kept:
        assert (one["port"], one["unixsocket"], one["unixsocketperm"]) == (
            ["0"],
            ["/run/redis-shop/redis.sock"],
            ["770"],
        )


@renders(
    "redis",
    "redis_instance",
    {"name": "shop"},
    {"name": "shop", "port": 6390, "password": PASSWORD},
    {
        "name": "shop",
        "port": 6391,
        "certificate": {"domains": ["cache.example.org"]},
        "users": [{"name": "all", "password": PASSWORD}, {"name": "few", "password": "x", "rules": "%R~a:* +@read"}],
    },
)
def test_redis_users(files):
    socket, port, network = (directives(one["redis.conf"]) for one in files)
    assert socket[1] == {"default": ["on", "nopass", *RULES]}
    assert port[1] == {"default": ["on", f"#{sum_of(PASSWORD)}", *RULES]}
    assert network[1] == {
        "default": ["off", *RULES],
        "all": ["on", f"#{sum_of(PASSWORD)}", *RULES],
        "few": ["on", f"#{sum_of('x')}", "%R~a:*", "+@read"],
    }
    assert (port[0]["port"], port[0]["bind"]) == (["6390"], ["127.0.0.1"])
    # The network hears TLS alone.
    assert (network[0]["port"], network[0]["tls-port"], network[0]["bind"]) == (["0"], ["6391"], ["* -::*"])
    assert network[0]["tls-key-file"] == ["/run/credentials/redis-server@shop.service/privkey.pem"]
    assert not any(PASSWORD in text for one in files for text in one.values())


@renders(
    "redis",
    "redis_instance",
    {"name": "shop-broker", "group": "shop"},
    {"name": "x", "certificate": {"domains": ["a"]}},
)
def test_redis_lets_one_group_in(files):
    alone, network = (systemd.read(one["groundcrew.conf"]) for one in files)
    assert [unit.one("Service", "Group") for unit in (alone, network)] == ["shop", "x"]
    assert alone.one("Service", "RuntimeDirectoryMode") == "0750"
    assert alone.one("Service", "StateDirectoryMode") == "0700"
    folder = "/etc/ssl/groundcrew/redis-x"
    assert alone.all("Service", "LoadCredential") == []
    assert network.all("Service", "LoadCredential") == [
        f"privkey.pem:{folder}/privkey.pem",
        f"fullchain.pem:{folder}/fullchain.pem",
    ]


def connection(text):
    """Return the words of a connection string of PgBouncer: {name: value}."""
    pairs = re.findall(r"(\w+)='((?:[^']|'')*)'(?=\s|$)", text)
    assert " ".join(f"{name}='{value}'" for name, value in pairs) == text.strip()
    return {name: value.replace("''", "'") for name, value in pairs}


def pool(text):
    parser = configparser.RawConfigParser(delimiters="=", comment_prefixes=(";", "#"), strict=True)
    parser.optionxform = str
    parser.read_string(text)
    return parser


@renders(
    "pgbouncer",
    "pgbouncer_instance",
    {"name": "shop"},
    {
        "name": "shop",
        "database": "it's my shop",
        "size": 7,
        "settings": {"max_client_conn": 50, "pool_mode": "session"},
    },
    {
        "name": "shop",
        "database": "shop",
        "server": {"host": "db.example.org", "port": 5433, "user": "who", "password": "it's '' x"},
    },
)
def test_the_pool_leads_to_its_database(files):
    local, odd, remote = (pool(one["instance.ini"]) for one in files)
    assert {name: connection(text) for name, text in local["databases"].items()} == {
        "shop": {"host": "/run/postgresql", "user": "shop", "dbname": "shop"}
    }
    # PgBouncer takes simple names alone as keys.
    assert connection(odd["databases"]["*"])["dbname"] == "it's my shop"
    assert connection(remote["databases"]["shop"]) == {
        "host": "db.example.org",
        "port": "5433",
        "user": "who",
        "dbname": "shop",
        "password": "it's '' x",
    }
    for one, size, clients, mode in ((local, "20", "1000", "transaction"), (odd, "7", "50", "session")):
        settings = one["pgbouncer"]
        assert (settings["default_pool_size"], settings["max_db_connections"], settings["max_client_conn"]) == (
            size,
            size,
            clients,
        )
        assert settings["pool_mode"] == mode
        # A socket for one user, and no port.
        assert (settings["unix_socket_dir"], settings["unix_socket_mode"]) == ("/run/pgbouncer-shop", "0700")
        assert "listen_addr" not in settings


@renders("pgbouncer", "pgbouncer_instance", {"name": "shop", "server": {"password": "secret"}})
def test_the_password_of_the_pool_is_in_one_file(files):
    """The other ones may be read by everybody on the host."""
    (one,) = files
    assert [name for name, text in one.items() if "secret" in text] == ["instance.ini"]
    assert lines(one["users"], ";") == ['"shop" ""']
    assert lines(one["hba.conf"]) == ["local all all peer"]
    unit = systemd.read(one["pgbouncer@.service"])
    assert unit.one("Service", "User") == "%i"
    assert systemd.words(unit.one("Service", "ExecStart"), i="shop") == [
        "/usr/sbin/pgbouncer",
        "/etc/pgbouncer/shop.ini",
    ]
    assert (unit.one("Service", "RuntimeDirectoryMode"), unit.one("Service", "UMask")) == ("0700", "0077")
    assert (unit.one("Service", "ProtectSystem"), unit.one("Service", "Restart")) == ("strict", "always")


@renders(
    "memcached",
    "memcached_instance",
    {"name": "shop"},
    {"name": "my_shop-2", "group": "www", "memory": 64, "item_size": 2, "connections": 99},
)
def test_memcached(files):
    plain, rich = (systemd.read(one["memcached.service"]) for one in files)
    for unit, name, group, memory, size, clients in (
        (plain, "shop", "shop", 128, 1, 1024),
        (rich, "my_shop-2", "www", 64, 2, 99),
    ):
        program, *options = systemd.words(unit.one("Service", "ExecStart"))
        assert program == "/usr/bin/memcached"
        assert dict(option.split("=") for option in options) == {
            "--unix-socket": f"/run/memcached-{name}/memcached.sock",
            "--unix-mask": "0770",
            "--memory-limit": f"{memory}",
            "--max-item-size": f"{size}m",
            "--conn-limit": f"{clients}",
        }
        assert (unit.one("Service", "User"), unit.one("Service", "Group")) == ("memcache", group)
        assert (unit.one("Service", "RuntimeDirectory"), unit.one("Service", "RuntimeDirectoryMode")) == (
            f"memcached-{name}",
            "0750",
        )
        # No network, even by mistake.
        assert (unit.one("Service", "RestrictAddressFamilies"), unit.one("Service", "PrivateNetwork")) == (
            "AF_UNIX",
            "yes",
        )
        assert int(unit.one("Service", "LimitNOFILE")) > clients


FOUND = {"stdout": "version=17\nMemTotal: 4000000 kB\ncores=2\n", "stdout_lines": []}
DATABASES = [
    {"name": "shop", "password": "owned", "clients": ["192.0.2.0/24", "web.example.org"]},
    {
        "name": "it's my shop",
        "owner": "the owner",
        "password": "owned",
        "clients": ["2001:db8::/32"],
        "read_only_roles": [{"name": "who reads", "password": "reading"}],
    },
    {"name": "alone", "read_only_roles": [{"name": "local"}]},
]


def hba(text):
    """Return the rules of `pg_hba.conf`, each a list of words; those in quotes keep one."""
    return [re.findall(r'"[^"]*"|[^\s"]+', line) for line in lines(text)]


@renders("postgresql", "postgresql_databases", DATABASES, DATABASES[2:], [], __postgresql_found=FOUND)
def test_who_reaches_postgresql(files):
    network, local, none = (hba(one["pg_hba.conf"]) for one in files)
    assert (
        none
        == local
        == [
            ["local", "all", "all", "peer"],
            ["local", "replication", "all", "peer"],
            ["host", "all", "all", "127.0.0.1/32", "scram-sha-256"],
            ["host", "all", "all", "::1/128", "scram-sha-256"],
        ]
    )
    assert network[:4] == none
    assert network[4:] == [
        ["hostssl", '"shop"', '"shop"', "192.0.2.0/24", "scram-sha-256"],
        ["hostssl", '"shop"', '"shop"', "web.example.org", "scram-sha-256"],
        ["hostssl", '"it\'s my shop"', '"the owner"', "2001:db8::/32", "scram-sha-256"],
        ["hostssl", '"it\'s my shop"', '"who reads"', "2001:db8::/32", "scram-sha-256"],
    ]
    assert not any(word in text for one in files for text in one.values() for word in ("owned", "reading"))


def settings(text):
    """Return the settings of PostgreSQL as it reads them."""
    pairs = [re.fullmatch(r"(\w+) = '((?:[^'\\]|''|\\\\)*)'", line) for line in lines(text)]
    return {one[1]: one[2].replace("''", "'").replace("\\\\", "\\") for one in pairs}


OWN = {"max_connections": 300, "log_line_prefix": "it's %m \\ ", "jit": False, "archive_command": "cp '%p' \"/x/%f\""}


@renders("postgresql", "postgresql_settings", {}, OWN, postgresql_databases=[], __postgresql_found=FOUND)
def test_settings_of_postgresql(files):
    plain, own = (settings(one["groundcrew.conf"]) for one in files)
    assert (plain["listen_addresses"], plain["password_encryption"]) == ("", "scram-sha-256")
    assert {name: own[name] for name in OWN} == {name: str(value) for name, value in OWN.items()}
    assert own == plain | {name: own[name] for name in OWN} | {"work_mem": own["work_mem"]}


@renders("postgresql", "postgresql_settings", {"port": 5433}, postgresql_databases=[], __postgresql_found=FOUND)
@pytest.mark.parametrize(
    ("locks", "port"),
    [
        # Beside ours a cluster of somebody's own; until ours is restarted it has the port before.
        ({"5432": ("4711", "5432"), "5434": ("99", "5434")}, "5432"),
        ({"5433": ("4711", "5433")}, "5433"),
        ({"5434": ("99", "5434")}, "5433"),
        # Its server does not run.
        ({}, "5433"),
    ],
)
def test_postgresql_is_asked_over_the_port_that_it_has(files, tmp_path, locks, port):
    for name, (process, number) in locks.items():
        lines = [process, "/var/lib/postgresql/17/main", "1764309000", number, "/run/postgresql", ""]
        (tmp_path / f".s.PGSQL.{name}.lock").write_text("\n".join(lines))
    stubs = {
        "systemctl": '[ "$4" = postgresql@17-main ] && echo 4711',
        "runuser": 'echo "$*" >> DIR/asked; echo "now|restart"',
    }
    for name, text in stubs.items():
        (tmp_path / name).write_text("#!/bin/sh\n" + text.replace("DIR", str(tmp_path)))
        (tmp_path / name).chmod(0o755)
    text = "version=17\n" + files[0]["ask"].replace("/run/postgresql", str(tmp_path))
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, check=False).stdout
    assert said.strip() == "restart"
    assert re.findall(r"--port=(\d+)", (tmp_path / "asked").read_text())[-1] == port


@renders(
    "postgresql",
    "postgresql_databases",
    DATABASES,
    __postgresql_found=FOUND,
    postgresql_certificate={"domains": ["db"]},
)
def test_postgresql_on_the_network(files):
    read = settings(files[0]["groundcrew.conf"])
    assert (read["listen_addresses"], read["ssl"]) == ("*", "on")
    unit = systemd.read(files[0]["service.conf"])
    copy = systemd.words(unit.one("Service", "ExecStartPre"))
    # By root, which `User=` takes away from the rest.
    assert copy[0] == "+/usr/bin/install"
    assert {"--owner=postgres", "--mode=0600"} < set(copy)
    # It is where the settings look for it; a reload copies it first.
    folder = next(word.partition("=")[2] for word in copy if word.startswith("--target-directory="))
    names = {f"{folder}/{word.rpartition('/')[2]}" for word in copy if word.endswith(".pem")}
    assert names == {read["ssl_cert_file"], read["ssl_key_file"]}
    # Debian's own command is forgotten first.
    empty, *_ = [value for name, value in unit["Service"] if name == "ExecReload"]
    first, then = unit.all("Service", "ExecReload")
    assert empty == ""
    assert systemd.words(first) == copy
    assert systemd.words(then, i="17-main")[-2:] == ["17-main", "reload"]


DIALING = [{}, {"archive_command": "wal-g wal-push %p"}, {"primary_conninfo": "host=db1"}, {"listen_addresses": "*"}]


@renders("postgresql", "postgresql_settings", *DIALING, postgresql_databases=[], __postgresql_found=FOUND)
def test_postgresql_has_a_network_where_it_needs_one(files):
    families = [systemd.read(one["service.conf"]).one("Service", "RestrictAddressFamilies") for one in files]
    assert families == ["AF_UNIX", *["AF_UNIX AF_INET AF_INET6 AF_NETLINK"] * 3]


@renders("postgresql", "postgresql_service", ["ProtectHome=no"], __postgresql_found=FOUND, postgresql_networked=True)
def test_the_sandbox_of_postgresql_is_opened(files):
    unit = systemd.read(files[0]["service.conf"])
    assert unit.last("Service", "ProtectHome") == "no"
    assert unit.one("Service", "RestrictAddressFamilies") == "AF_UNIX AF_INET AF_INET6 AF_NETLINK"


@renders("postgresql", "postgresql_databases", [], __postgresql_found=FOUND)
def test_postgresql_comes_back(files):
    unit = systemd.read(files[0]["service.conf"])
    assert unit.one("Service", "Restart") == "on-failure"
    assert unit.all("Service", "ExecReload") == unit.all("Service", "ExecStartPre") == []
