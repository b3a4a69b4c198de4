"""What the hosts of a play have registered, for actions that run once for all of them."""

from __future__ import annotations


def of_hosts(task_vars, variable):
    """Return {host: what it has registered in a variable (dict)}, in the order of the play; {} for nothing."""
    names = map(str, task_vars["ansible_play_hosts_all"])
    return {name: task_vars["hostvars"][name].get(variable) or {} for name in names}
