"""The core stack by pyinfra's own operations: what it is to be stands in the file that BENCH_CORE names."""

import json
import os
from pathlib import Path

from pyinfra.context import host
from pyinfra.facts.server import Command
from pyinfra.operations import apt, files, postgres, server, systemd

core = json.loads(Path(os.environ["BENCH_CORE"]).read_text())


def put(one):
    """Install a file."""
    name = f"Install {one['path']}"
    return files.put(
        name=name, src=one["src"], dest=one["path"], user=one["owner"], group=one["group"], mode=one["mode"][-3:]
    )


for one in core["early"]:
    put(one)
apt.packages(name="Install the packages", packages=core["packages"], cache_time=3600, update=True, no_recommends=True)
server.group(name="Create the group of the site", group="shop", system=True)
written = {one["path"]: put(one) for one in core["files"]}
written["/etc/nginx/sites-enabled/default"] = files.link(
    name="Remove Debian's own site", path="/etc/nginx/sites-enabled/default", present=False
)

good = (
    "openssl verify -CAfile /etc/ssl/groundcrew/ca/ca.pem /etc/ssl/groundcrew/shop/fullchain.pem > /dev/null 2>&1"
    " && openssl x509 -in /etc/ssl/groundcrew/shop/fullchain.pem -noout -checkend 2592000 > /dev/null"
    " && test -s /etc/nginx/groundcrew-nobody/key.pem && echo good || true"
)
made = []
if host.get_fact(Command, command=good) != "good":
    made.append(server.shell(name="Create the certificates", commands=[core["certificates"]]))


def changed(*words):
    """Return the question whether a file with one of the words in its path was written."""
    operations = [operation for path, operation in written.items() if any(word in path for word in words)]
    return lambda: any(operation.did_change() for operation in operations)


systemd.daemon_reload(name="Read the units", _if=changed("/etc/systemd/"))
systemd.service(name="Stop Debian's own instance", service="redis-server.service", running=False, enabled=False)
units = {
    core["unit"]: ("/postgresql",),
    "redis-server@shop.service": ("redis",),
    "groundcrew-nginx-errors.socket": (),
    "nginx.service": ("/etc/nginx/", "/nginx.service.d/"),
}
for unit, words in units.items():
    systemd.service(name=f"Run {unit}", service=unit, running=True, enabled=True)
    if words:
        systemd.service(name=f"Restart {unit}", service=unit, restarted=True, _if=changed(*words))

database = {"_su_user": "postgres"}
postgres.role(name="Create the owner", role="shop", connection_limit=core["limit"], **database)
postgres.database(name="Create the database", database="shop", owner="shop", **database)
strangers = "psql -Atc \"SELECT 1 FROM pg_database WHERE datname IN ('shop', 'postgres', 'template1')"
strangers += " AND has_database_privilege('public', oid, 'CONNECT')\" || echo 1"
if host.get_fact(Command, command=strangers, _su_user="postgres"):
    sql = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; REVOKE ALL ON DATABASE shop FROM PUBLIC;"
    sql += " REVOKE CONNECT ON DATABASE postgres FROM PUBLIC; REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;"
    postgres.sql(name="Keep every other role out", sql=sql, psql_database="postgres", **database)
