"""The tables of variables are what `make docs` writes, and what the pages name is there."""

import contextlib
import importlib.util
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from applications import engine, keys, specification, vocabulary
from applications import words as changed

ROOT = Path(__file__).resolve().parent.parent
found = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
generate = importlib.util.module_from_spec(found)
found.loader.exec_module(generate)
DOCUMENTS = generate.documents()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tables_are_fresh(path):
    assert DOCUMENTS[path], f"{path} has no place for the tables: {generate.BEGIN} and {generate.END}"
    assert path.exists() and path.read_text() == DOCUMENTS[path], "run `make docs`"


def test_rows():
    options = {
        "web_sites": {
            "description": ["The", "sites."],
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"name": {"description": "a|b", "type": "str", "choices": ["x", "y"], "default": "x"}},
        }
    }
    assert list(generate.table_of(options)) == [
        "| `web_sites` | list of dict | **required** | The sites. |",
        "| &emsp;`web_sites[].name` | str | `x` | a\\|b One of `x`, `y`. |",
    ]


def test_keys_of_an_application():
    lines = list(generate.table_of_keys())
    assert "| `workers` | int | `0` | `django_app` | `django_app_workers` | " in "\n".join(lines)
    assert [line for line in lines if line.startswith("| `csp` | str | `report-only` | `nginx` | `django_app_csp` | ")]
    assert [line for line in lines if line.startswith("| `name` | str | **required** | `django_app` |  | ")]
    assert [line for line in lines if line.startswith("| &emsp;`processes[].memory` | str | `75%` |  |  | ")]


# What the pages name beside our own: words of Ansible and of other software.
ANSIBLE = {"hosts", "become", "vars", "tasks", "roles", "role", "name", "tasks_from", "django_apps"}
ANSIBLE |= {"ansible.builtin.include_role", "ansible_host", "ansible_user", "ansible_port"}
OTHERS = {"set_fact", "ignore_errors", "playbook_dir", "python_requires", "lock_timeout", "collections_path", "role_x"}
OTHERS |= {"known_hosts", "SSH_KEY", "VAULT_PASSWORD"}  # of pipelines
OTHERS |= {"channels_redis", "socket_timeout"}
OTHERS |= {"django_apps", "pg_create_restore_point", "pg_stat_statements", "ansible_usr", "backup_application_paths"}
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("roles/*/README.md")})
PAGES = [path for path in PAGES if path.name not in ("CHANGELOG.md", "variables.md")]
PAGES.append(ROOT / "templates/inventory/README.md.j2")
ROLES = specification.roles()
PLAYBOOK = ("ansible-playbook", "groundcrew.django.")
TABLES = re.compile(f"{generate.BEGIN}.*?{generate.END}", re.DOTALL)
FOLDERS = tuple(f"{path.name}/" for path in ROOT.iterdir() if path.is_dir() and path.name != "meta")
RENAMED = {*changed.KEYS, *changed.VARIABLES, *(old for _, old in changed.RENAMED_INSIDE)}


class Loader(yaml.SafeLoader):
    """YAML as Ansible writes it: a tag such as !unsafe leaves the text as it is."""


Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))


def nested(options):
    """Yield the options of a specification, then those inside of each of them."""
    yield options
    for option in options.values():
        if option.options:
            yield from nested(option.options)


# A snippet begins at the top, with an application's keys and the roles' variables, or inside of one of them.
TOP = {**specification.variables(), **keys.options()}
LEVELS = [TOP, *(inner for option in TOP.values() if option.options for inner in nested(option.options))]
OPTIONS = set().union(*LEVELS)


class Page:
    """A page of the documentation: its prose, the pieces of code in it, and the blocks of code."""

    def __init__(self, path):
        self.name, text = str(path.relative_to(ROOT)), TABLES.sub("", path.read_text())
        fenced = re.compile("^```(\\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
        self.yaml = [block for kind, block in fenced.findall(text) if kind == "yaml"]
        text = fenced.sub("", text)
        indented = re.findall(r"(?:^\n|\A|(?<=\n))((?:^ {4}.*\n)+)", text, re.MULTILINE)
        self.blocks = [textwrap.dedent(block) for block in indented]
        self.prose = re.sub(r"^ {4}.*\n", "", text, flags=re.MULTILINE)
        self.code = re.findall(r"(?<!`)`([^`\n]+)`", self.prose)

    def commands(self, *programs):
        """Yield the words of each command line that starts with one of the programs, which is left out."""
        for text in [*self.blocks, *self.code]:
            for line in re.sub(r"\\\n", " ", text).splitlines():
                if line.startswith(tuple(programs)):
                    words = shlex.split(line.replace("…", ""), comments=True)
                    yield words[1:] if words[0] in programs else words

    def snippets(self):
        """Yield what the pieces of YAML hold."""
        pieces = [*self.yaml, *(one for one in self.code if re.match(r"(- )?{?[\w.]+: ", one))]
        for block in self.blocks:
            pieces += [block] if re.match(r"[\w.]+:\n", block) else block.splitlines()
        for piece in pieces:
            with contextlib.suppress(yaml.YAMLError):
                yield yaml.load(piece, Loader)


def slugs(path):
    """Return the anchors of a page, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}


def declared(playbook):
    """Return the names that a playbook takes with `-e`."""
    play = yaml.safe_load(playbook.read_text())[0]
    own = play.get("vars", {})
    names = {one["name"] for one in play.get("vars_prompt", ())} | set(own.get("preflight_options", ()))
    return names | {name for name in own if not name.startswith("__")} - {
        "preflight_options",
        "preflight_any_host",
        "preflight_group",
    }


def strange(value, levels):
    """Yield the keys in a piece of YAML that no specification has; `levels` are the sets that they may be of."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            # Variables of the environment, and those that `new_inventory` makes, are free.
            names = [str(name) for name in one if re.fullmatch(r"(?!shop_)[a-z][\w.]*", str(name))]
            level = min(levels, key=lambda level: sum(name not in {*level, *ANSIBLE} for name in names))
            yield from (name for name in names if name not in {*level, *ANSIBLE})
            for name in names:
                if name in level and level[name].options:
                    yield from strange(one[name], [level[name].options])
                elif name in ANSIBLE:
                    yield from strange(one[name], [TOP])


@pytest.fixture(params=PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def page(request):
    return Page(request.param)


def test_links_lead_somewhere(page):
    folder = (ROOT / page.name).parent
    wrong = []
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.prose):
        name, _, anchor = link.partition("#")
        path = folder / name if name else ROOT / page.name
        if not path.exists() or (anchor and anchor not in slugs(path)):
            wrong.append(link)
    assert wrong == []


def test_commands_are_playbooks_with_their_options(page):
    # Roles and plugins have such names, too.
    wrong, others = [], {*ROLES, *(path.stem for path in ROOT.glob("plugins/*/*.py"))}
    for words in filter(None, page.commands(*PLAYBOOK)):
        name = words[0].removeprefix("groundcrew.django.").removeprefix("playbooks/").removesuffix(".yml")
        playbook = ROOT / f"playbooks/{name}.yml"
        if not playbook.exists():
            wrong += [] if words == [f"groundcrew.django.{name}"] and name in others else [" ".join(words)]
            continue
        given = [after for before, after in itertools.pairwise(words) if before == "-e"]
        wrong += [f"{name}: -e {one}" for one in given if one.partition("=")[0] not in declared(playbook)]
    everywhere = set().union(*map(declared, ROOT.glob("playbooks/*.yml")), "…")
    given = [one.removeprefix("-e ") for one in page.code if one.startswith("-e ")]
    assert wrong + [one for one in given if one.partition("=")[0] not in everywhere] == []


def test_targets_of_make_are_there(page):
    targets = set(re.findall("^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert [words for words in page.commands("make") if words and words[0] not in targets] == []


def test_files_and_roles_are_there(page):
    names = [one.partition("*")[0] for one in page.code if one.startswith(FOLDERS) and " " not in one]
    if page.name.startswith("roles/"):
        names += [str(Path(page.name).parent / one) for one in page.code if re.match(r"(files|tasks|templates)/", one)]
    wrong = [name for name in names if not re.search("ROLE|NAME", name) and not (ROOT / name).exists()]
    lists = re.findall(r"\b[Rr]oles? (`\w+`(?:(?:, | and | or )`\w+`)*)", page.prose)
    wrong += [role for one in lists for role in re.findall(r"`(\w+)`", one) if role not in ROLES]
    assert wrong == []


def test_modules_of_the_architecture_are_there():
    names = {path.name for folder in ("playbooks", "plugins", "roles") for path in (ROOT / folder).rglob("*.*")}
    code = Page(ROOT / "docs/architecture.md").code
    assert [one for one in code if re.fullmatch(r"\w+\.(py|yml)", one) and one not in names] == []


def test_keys_in_pieces_of_yaml_are_specified(page):
    assert [name for value in page.snippets() for name in strange(value, LEVELS)] == []


def test_names_are_specified(page):
    """Words with `_` in code are keys, variables, or known to the software behind; names that changed are none."""
    known = {*OPTIONS, *OTHERS, *ROLES, *engine.load("sandbox").OPENINGS, "django_app_release", "django_app_worker"}
    known |= {path.stem for pattern in ("playbooks/*.yml", "molecule/*") for path in ROOT.glob(pattern)}
    known = known.union(*map(declared, ROOT.glob("playbooks/*.yml")))
    for path in ROOT.glob("plugins/module_utils/applications/data/*.txt"):
        known |= vocabulary.names(path.stem).keys()
    words = [one for one in page.code if re.fullmatch("[a-z]+(_[a-z]+)+", one) or one in RENAMED]
    assert [one for one in words if one not in known] == []


def test_explained_messages_are_ours():
    """What stands in troubleshooting.md between names and numbers is a text of a program here, but for these."""
    others = {"The applications in INSTALLED_APPS do not import", "canceling statement due to lock timeout"}
    others |= {"Superuser creation skipped due to not running in a TTY"}
    folders = ("playbooks", "plugins", "roles")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".yml")]
    # A long text is written in several lines.
    texts = re.sub(r'"\s*\n\s*f?"', "", "\n".join(path.read_text() for path in files))
    texts = " ".join(texts.split()).lower()
    page = (ROOT / "docs/troubleshooting.md").read_text()
    rows = re.findall(r"^\| (.*?) \| ", page[page.index("## The inventory") : page.index("## Visitors")], re.MULTILINE)
    told = [one for row in rows for pair in re.findall(r"``(.+?)``|`([^`]+)`", row) for one in pair if one]
    parts = [part.strip(' `[]":,.') for one in told if one not in others for part in re.split(r"…|\d+ |NAME|STEP", one)]
    assert len(parts) > 120
    assert [part for part in parts if part.lower() not in texts] == []


def test_pages_are_read():
    """What is looked for must be found somewhere."""
    pages = [Page(path) for path in PAGES]
    assert len([words for page in pages for words in page.commands(*PLAYBOOK)]) > 30
    assert len([value for page in pages for value in page.snippets() if isinstance(value, (dict, list))]) > 60


def test_expressions_of_the_recipes(tmp_path):
    """What a recipe has Ansible compute is computed: a URL with any password, constraints of a freeze file."""
    text = (ROOT / "docs/applications.md").read_text()
    url = re.search(r'`"(redis://:\{\{.*?)"`', text)[1]
    constraints = re.search(r"  constraints: '(\{\{.*\}\})'", text)[1]
    (tmp_path / "files").mkdir()
    (tmp_path / "files/freeze.txt").write_text("# of a product\n\nDjango==5.2.1\npretix==2026.8\n    # via x\n")
    (tmp_path / "hosts.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
    variables = {"vault_redis": "a/b@c:d%", "found": {"url": url, "constraints": constraints}}
    (tmp_path / "all.json").write_text(json.dumps(variables))
    command = [Path(sys.executable).with_name("ansible"), "localhost", "-m", "debug", "-a", "var=found"]
    command += ["--inventory", tmp_path / "hosts.yml", "--extra-vars", f"@{tmp_path}/all.json"]
    plain = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "minimal", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    result = subprocess.run(command, env=plain, capture_output=True, text=True, check=True)
    found = json.loads(result.stdout.partition("=>")[2])["found"]
    assert unquote(urlsplit(found["url"]).password) == variables["vault_redis"]
    assert found["constraints"] == ["Django==5.2.1", "pretix==2026.8"]
