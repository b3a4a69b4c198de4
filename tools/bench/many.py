"""Preflight of one host with one application, of twenty with one each, and of twenty with twenty each."""

import yaml

from bench import ROOT
from bench.figures import Rounds, Row
from bench.hosts import Host, fresh
from bench.tree import GUESTBOOK, ROOM, Tree

# The hosts are one, at a port for each.
PORTS = range(2200, 2220)
KINDS = {"1 host, 1 application": (1, 1), "20 hosts, 1 application each": (20, 1), "20 hosts, 20 each": (20, 20)}


def inventory(host: Host, hosts: int, applications: int) -> str:
    """Return an inventory of this many hosts, which are all this one, at ports of their own."""
    apps = [
        {
            "name": f"app{number}",
            "source": str(GUESTBOOK),
            "domains": [f"app{number}.{{{{ inventory_hostname }}}}.example.org"],
            "env": {"DEBUG": "false", "GENERATION": "{{ generation | string }}"},
        }
        for number in range(applications)
    ]
    names = [f"web{number}" for number in range(hosts)]
    reach = {
        name: {"ansible_host": host.address, "ansible_port": port} for name, port in zip(names, PORTS, strict=False)
    }
    members = {"hosts": dict.fromkeys(names)}
    groups = dict.fromkeys(("django", "postgresql", "redis"), members)
    everyone = {"hosts": reach, "vars": {**ROOM, "generation": 1, "django_apps": apps}}
    return yaml.safe_dump({"all": everyone, **groups})


def measured(rounds: int, debian: str) -> list[Row]:
    """Return the medians of these rounds, in turns."""
    kept = Rounds()
    with fresh(debian, "preflight") as (host,):
        host.listen(PORTS)
        tree = Tree("preflight", ROOT, host)
        for number in range(rounds + 1):
            for what, (hosts, applications) in KINDS.items():
                (tree.inventory / "hosts.yml").write_text(inventory(host, hosts, applications))
                spent, _ = tree.run(what, "preflight.yml")
                # The first time Ansible is compiled.
                if number > 0:
                    kept.add("preflight", what, spent)
    return kept.rows()
