"""Services on another host than their application: each host's own is found without a key, another's is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import shared
from .findings import Finding
from .inventory import Host
from .resolve import Application

DATABASES = frozenset({"postgresql", "mariadb"})
INSTANCES = ("redis", "memcached", "pgbouncer")
QUEUE = re.compile("BROKER|QUEUE|AMQP|RABBIT|REDIS|CELERY|SQS", re.IGNORECASE)


def databases(hosts: list[Host], applications: list[Application]) -> Iterator[Finding]:
    """Yield applications beside a host of databases alone, which nothing in the inventory tells where theirs is."""
    apart = [host for host in hosts if host.groups & DATABASES and "django" not in host.groups]
    for one in applications if apart else []:
        if not one["database_url"] and not shared.finds_its_own(one):
            group = sorted(apart[0].groups & DATABASES)[0]
            names, other = " and ".join(host.name for host in apart), len(apart) > 1
            sentence = (
                f"is missing: {one.host.name} has no database server, {names} {'have' if other else 'has'} one, and"
                " nothing says which database it takes: unless its settings do, it gets an SQLite, which fails"
            )
            scheme = "mysql" if group == "mariadb" else group
            example = f"database_url: {scheme}://{one.name}:PASSWORD@{apart[0].name}/{one.name}"
            yield one.finding("no-database", "database_url", sentence, example)


def doubled(hosts: list[Host]) -> Iterator[Finding]:
    """Yield hosts that are in the inventory by their short name and by their whole one: two hosts to Ansible."""
    for host in hosts:
        whole = [other.name for other in hosts if other.name.startswith(f"{host.name}.")]
        addressed = host.said("ansible_host") or host.said("base_address")
        if len(whole) == 1 and not addressed and "." not in host.name:
            sentence = f"is another host than {whole[0]} to Ansible, and no `ansible_host` says where: write one name"
            yield Finding("doubled-host", host.name, "", host.name, sentence, f"{whole[0]}, in all groups")


def notices(hosts: list[Host], applications: list[Application]) -> Iterator[Finding]:
    """Yield groups that make nothing where they are, and databases and queues that nothing names."""
    yield from databases(hosts, applications)
    for host in hosts:
        for group in [group for group in INSTANCES if group in host.groups and "django" not in host.groups]:
            sentence = f"is a group that makes something for applications of the same host, and {host.name} has none"
            yield Finding("no-instance", host.name, "", group, sentence, "put the host of the application into it")
    for one in applications:
        names = [str(job.get("name")) for job in one["processes"] if re.search("celery", str(job.get("run", "")))]
        if names and not one["broker_url"] and not one["files"] and not any(QUEUE.search(name) for name in one["env"]):
            sentence = (
                f"is missing, and nothing else names the queue of {', '.join(names)}: unless the settings do, Celery"
                f" asks amqp://localhost. The group `redis` makes one"
            )
            yield one.finding("no-queue", "broker_url", sentence)
