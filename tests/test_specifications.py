"""The argument specification of a role is its interface: complete, true and used."""

import re
from pathlib import Path

# What Ansible gives to every task and template.
ANSIBLE = {
    "ansible_check_mode",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_failed_result",
    "ansible_failed_task",
    "ansible_managed",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_playbook_python",
    "dict",
    "inventory_dir",
    "inventory_hostname",
    "lookup",
    "loop",
    "now",
    "omit",
    "playbook_dir",
    "q",
    "query",
    "range",
    "role_path",
    "undef",
}
TYPES = {"str", "int", "float", "bool", "list", "dict", "path", "raw"}


RESOLVER = Path(__file__).resolve().parents[1] / "plugins/module_utils/applications"
# They hold what is asked of a value, by its name, and act on none.
TABLES = {"formats.py", "ranges.py", "values.py", "variables.py", "words.py"}


def reads(name):
    """Say whether the resolver reads the variable of a role, to hand to other roles what follows from it."""
    return any(f'"{name}"' in file.read_text() for file in RESOLVER.glob("*.py") if file.name not in TABLES)


def every_option(options, path=""):
    """Yield (dotted name, option) for each option and those inside it."""
    for name, option in options.items():
        yield f"{path}{name}", option
        yield from every_option(option.get("options", {}), f"{path}{name}.")


def test_every_entry_point_is_specified(role):
    internal = {name for name in role.tasks for other in role.included if re.fullmatch(other, f"{name}.yml")}
    assert set(role.tasks) - internal <= set(role.entries) <= set(role.tasks)


def test_every_entry_point_says_what_it_does(role):
    for name, entry in role.entries.items():
        assert entry.get("short_description", "").endswith("."), f"{name} has no short_description"
        assert set(entry) <= {"short_description", "description", "options"}, name


def test_every_option_is_described(role):
    for entry in role.entries.values():
        for name, option in every_option(entry.get("options", {})):
            assert option.get("description"), f"{name} has no description"
            assert option.get("type") in TYPES, f"{name} has no type"
            assert option["type"] != "list" or option.get("elements") in TYPES, f"{name} has no elements"
            assert not (option.get("required") and "default" in option), f"{name} is required and has a default"
            chosen = option.get("default", [])
            chosen = chosen if isinstance(chosen, list) else [chosen]
            assert all(c in option.get("choices", chosen) for c in chosen), f"{name} has a default that is no choice"


def test_defaults_are_those_of_the_specification(role):
    """Ansible takes no default from the specification: both say the same, or the documentation lies."""
    specified = {name: option["default"] for name, option in role.options.items() if "default" in option}
    assert role.yaml("defaults/main.yml") == specified


def test_an_option_is_the_same_in_every_entry_point(role):
    for entry in role.entries.values():
        for name, option in entry.get("options", {}).items():
            if "default" in option:
                assert option["default"] == role.options[name]["default"], name


def test_every_option_is_used(role):
    for entry in role.entries.values():
        for name, option in entry.get("options", {}).items():
            assert name in role.used or reads(name), f"no task, variable or template reads {name}"
            for inner, _ in every_option(option.get("options", {})):
                pattern = rf"[.\['\"]{inner.rpartition('.')[2]}\b"
                assert re.search(pattern, role.text + role.playbooks), f"nothing reads {name}.{inner}"


def test_every_variable_is_declared(role):
    """This is also what keeps a role from another role's variables, from groups and from facts of old."""
    assert role.used - set(role.options) - role.internal - ANSIBLE == set()


def test_every_internal_variable_is_used(role):
    unused = role.internal - role.used - role.outputs
    assert [name for name in unused if not name.startswith("ansible_")] == []
    assert [name for name in role.outputs - role.used if name not in role.playbooks] == []
