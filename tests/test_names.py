"""House rules that ansible-lint does not know."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = sorted(ROOT.glob("molecule/*/molecule.yml"))
# Roles that are of use to each other alone share a scenario.
SHARED = {"journal": "monitoring", "alertmanager": "prometheus", "exporter": "prometheus"}


def test_role_is_complete(role):
    wanted = ["README.md", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml"]
    missing = [name for name in wanted if not (role.path / name).is_file()]
    assert missing == []
    scenario = ROOT / "molecule" / SHARED.get(role.name, role.name)
    assert (scenario / "molecule.yml").is_file(), "the role has no scenario"
    assert list(scenario.glob("test_*.py")), "the scenario tests nothing"


def test_role_has_no_plugins(role):
    """Plugins are the collection's, in plugins/, where they have one name in a clone and once installed."""
    allowed = {"README.md", "defaults", "files", "meta", "tasks", "templates", "vars"}
    assert {path.name for path in role.path.iterdir()} - allowed == set()


def test_public_names_carry_the_role(role):
    names = [*role.yaml("defaults/main.yml"), *role.options]
    assert [name for name in names if name != role.name and not name.startswith(f"{role.name}_")] == []


def test_internal_names_carry_the_role_and_underscores(role):
    """Besides `ansible_connection` and its like, and what a role hands to playbooks."""
    names = role.internal - role.outputs - {f"__{role.name}"}
    assert [name for name in names if not name.startswith((f"__{role.name}_", "ansible_"))] == []


def test_tasks_avoid_what_hides_or_edits(role):
    forbidden = r"\b(set_fact|ignore_errors|lineinfile|blockinfile|replace|with_\w+)$"
    keys = {str(key) for key, _ in role.pairs(role.tasks)}
    assert [key for key in keys if re.search(forbidden, key)] == []


def test_defaults_are_decided_in_vars_alone(role):
    places = [path for folder in ("tasks", "templates", "defaults") for path in role.path.glob(f"{folder}/**/*.*")]
    lines = [f"{path.relative_to(ROOT)}: {line}" for path in places for line in path.read_text().splitlines()]
    assert [line for line in lines if re.search(r"\b(default|d)\(", line)] == []


def test_modes_are_quoted(role):
    """YAML reads 0644 as the number 420."""
    modes = [value for key, value in role.pairs(role.documents) if key == "mode"]
    assert [mode for mode in modes if not isinstance(mode, str)] == []


def test_templates_say_who_writes_them(role):
    """Below a shebang if there is one. A file that cannot hold a comment says so: {# no header: JSON #}."""
    for name, text in role.templates.items():
        assert name.endswith(".j2"), f"{name} is a template and is not called so"
        lines = [line for line in text.splitlines() if not line.startswith("#!")]
        header = r"\{\{ ansible_managed \| comment.*\}\}|\{#-? no header: .+#\}"
        assert re.match(header, lines[0]), f"templates/{name} begins with {lines[0]}"


def test_a_file_that_two_roles_bring_is_the_same():
    """Each works alone, so none takes it from the other, and neither may write over what the other wrote."""
    units = list(ROOT.glob("roles/*/files/**/groundcrew-failed@.service"))
    assert len(units) == 2
    assert len({path.read_text() for path in units}) == 1


def test_task_files_are_short(role):
    for path in role.path.glob("tasks/*.yml"):
        assert len(path.read_text().splitlines()) <= 120, path.relative_to(ROOT)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.parent.name)
def test_scenario_is_small(path):
    assert len(path.read_text().splitlines()) <= 12


def test_there_are_roles_and_scenarios():
    """The tests above run for what they find: nothing found must not look like success."""
    assert len(list(ROOT.glob("roles/*/meta/argument_specs.yml"))) >= 7
    assert len(SCENARIOS) >= 7


def test_metadata(role):
    info = role.yaml("meta/main.yml")
    assert info["dependencies"] == []
    assert info["galaxy_info"]["author"] == "Groundcrew"
    assert info["galaxy_info"]["license"] == "MIT"
    assert info["galaxy_info"]["min_ansible_version"] == "2.17"
    assert info["galaxy_info"]["platforms"] == [{"name": "Debian", "versions": ["bookworm", "trixie"]}]
    assert info["galaxy_info"]["description"]


def test_the_clone_is_a_collection():
    """The link that gives plugins, roles and playbooks one name leads to the tree itself."""
    link = ROOT / ".collections/ansible_collections/groundcrew/django"
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.resolve() == ROOT


def test_plugins_are_few_and_documented():
    modules = [
        "adopt",
        "applications",
        "beginning",
        "closing",
        "hosts",
        "login",
        "logs",
        "observe",
        "project",
        "release",
        "report",
        "rotate",
        "source",
    ]
    filters = ["complete", "database_locale", "exec_start", "expected_connections", "locations", "packed", "sandbox"]
    filters += ["nft_sources", "other_request"]
    filters += ["deployer_keys", "leftovers", "sandbox_allowed", "sandbox_hint", "service_sandbox", "strangers"]
    documented = {f"modules/{name}.py" for name in modules} | {f"filter/{name}.py" for name in filters}
    documented |= {"modules/files.py", "modules/guard.py", "lookup/template.py"}
    plugins = {path.relative_to(ROOT / "plugins").as_posix() for path in ROOT.glob("plugins/*/*.py")}
    others = {
        "callback/brief.py",
        *(f"plugin_utils/{name}.py" for name in ("answers", "given", "origins", "public_keys", "texts")),
    }
    assert plugins == documented | others | {f"action/{name}.py" for name in modules}
    for name in documented:
        text = (ROOT / "plugins" / name).read_text()
        assert all(f"\n{word} = r" in text for word in ("DOCUMENTATION", "EXAMPLES", "RETURN")), name
