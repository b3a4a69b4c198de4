"""What the real uv makes of a plan, offline, from wheels that are made here."""

# ruff: noqa: E501 - files that are written here

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from groundcrew_release import build, compiled, configure, environment, requirements
from groundcrew_release.project import read
from groundcrew_release.steps import FailedError

UV = Path(sys.executable).with_name("uv")
pytestmark = pytest.mark.skipif(not UV.exists(), reason="the tools of this environment have no uv")
BACKEND = """
import pathlib, zipfile
def prepare_metadata_for_build_editable(folder, settings=None):
    return metadata(folder)
def prepare_metadata_for_build_wheel(folder, settings=None):
    return metadata(folder)
def metadata(folder):
    name = NAME + "-1.dist-info"
    (pathlib.Path(folder) / name).mkdir()
    (pathlib.Path(folder) / name / "METADATA").write_text(f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: 1\\n" + REQUIRES)
    return name
def build_editable(folder, settings=None, meta=None):
    wheel = f"{NAME}-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / wheel, "w") as archive:
        archive.writestr(f"{NAME}.pth", str(pathlib.Path("src").resolve()))
        archive.writestr(f"{NAME}-1.dist-info/METADATA", f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: 1\\n" + REQUIRES)
        archive.writestr(f"{NAME}-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(f"{NAME}-1.dist-info/RECORD", "")
    return wheel
"""
PROJECT = """
[project]
name = "{name}"
version = "1"
requires-python = ">=3.11"
dependencies = {requires}
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


def package(name, requires=()):
    """Return the files of a package with a src layout and a build system that needs nothing."""
    lines = "".join(f"Requires-Dist: {one}\\n" for one in requires)
    head = f"NAME, REQUIRES = {name!r}, '{lines}'\n"
    return {
        "pyproject.toml": PROJECT.format(name=name, requires=list(requires)),
        "backend.py": head + BACKEND,
        f"src/{name}/__init__.py": "",
        f"src/{name}/settings.py": "",
    }


def below(folder, files):
    return {f"{folder}/{name}": text for name, text in files.items()}


@pytest.fixture
def wheels(tmp_path_factory):
    """Make wheels of two versions of Django and of what serving needs."""
    folder = tmp_path_factory.mktemp("wheels")
    for name, version in (
        ("django", "5.2.1"),
        ("django", "5.2.9"),
        ("gunicorn", "23.0"),
        ("extra", "1.0"),
        ("needy", "1.0"),
        ("later", "1.0"),
    ):
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
            needs = {"needy": "Requires-Dist: django>=5.2.9\n", "later": "Requires-Python: >=3.99\n"}.get(name, "")
            info = f"{name}-{version}.dist-info"
            archive.writestr(f"{name}/__init__.py", f"VERSION = {version!r}\n")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + needs)
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture
def install(shop, root, wheels, monkeypatch):
    """Return a function that writes a tree, builds its environment, and returns what Python says in it."""
    program = root / "opt/groundcrew/uv/bin/uv"
    program.parent.mkdir(parents=True)
    program.symlink_to(UV)
    for name, value in {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(wheels)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)

    def run(files, code, lock=None, **keys):
        app = shop(settings="", **keys)
        release = app.release("abc")
        for name, text in files.items():
            path = release / "source" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(text, Path):
                shutil.copy(text, path)
            elif isinstance(text, bytes):
                path.write_bytes(text)
            else:
                path.write_text(text)
        if lock:
            for command in lock:
                subprocess.run([UV, *command], cwd=release / "source", check=True, capture_output=True)
        project = read(release / "source", build.asked(app))
        requirements.create(app, release, project)
        requirements.install(app, release, project)
        configure.configure(app, "abc", project)
        variables = environment.values(app, "abc", project.settings, project.first)
        command = [release / "venv/bin/python", "-c", code]
        done = subprocess.run(command, cwd=release / "work", env=variables, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        return done.stdout.strip()

    return run


VERSIONS = "import importlib.metadata as m; print(*sorted(f'{d.name}=={d.version}' for d in m.distributions()))"
LOCK = [["lock", "--quiet", "--upgrade-package", "django==5.2.1"]]


def test_workspace_brings_its_member_what_it_needs_and_nothing_else(install):
    """real-projects.md, rows 5 and 7: the lock at the top, the site below, and a .python-version of somebody's laptop."""
    root = '[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["extra"]\n'
    web = (
        PROJECT.format(name="web", requires=["django", "pricing"])
        + "[tool.uv.sources]\npricing = { workspace = true }\n"
    )
    files = {
        "pyproject.toml": root + '[tool.uv.workspace]\nmembers = ["services/*", "libs/*"]\n',
        ".python-version": "3.99\n",
        **below("services/web", package("web", ("django", "pricing"))),
        "services/web/pyproject.toml": web,
        "services/web/manage.py": MANAGE.replace("shop", "web"),
        **below("libs/pricing", package("pricing")),
    }
    lock = [["lock", "--quiet", "--python", sys.executable, "--upgrade-package", "django==5.2.1"]]
    said = install(files, VERSIONS + "; import pricing, web.settings", lock)
    assert said == "django==5.2.1 gunicorn==23.0 pricing==1 web==1"


def test_src_layout_with_a_build_system_is_installed(install):
    """real-projects.md, row 4: what `uv init --package` makes."""
    files = {**package("shop", ("django",)), "manage.py": MANAGE}
    assert install(files, "import shop.settings, django; print(django.VERSION)", LOCK) == "5.2.1"


def test_src_layout_without_a_lock_is_installed(install):
    files = {**package("shop", ("django",)), "manage.py": MANAGE}
    assert install(files, "import shop.settings, django; print(django.VERSION)") == "5.2.9"


def test_lock_of_pep_751(install):
    files = {**package("shop", ("django",)), "manage.py": MANAGE}
    lock = [*LOCK, ["export", "--quiet", "--no-emit-project", "--output-file", "pylock.toml"]]
    code = "import shop.settings, django; print(django.VERSION)"
    assert install(files, code, lock, requirements_files=("pylock.toml",)) == "5.2.1"


def test_paths_in_requirements_begin_at_their_own_file(install, wheels):
    """real-projects.md, row 8."""
    files = {
        "manage.py": MANAGE,
        **package("shop"),
        **below("packages/pricing", package("pricing")),
        "wheels/extra-1.0-py3-none-any.whl": wheels / "extra-1.0-py3-none-any.whl",
        "requirements/base.txt": "-e ../packages/pricing\n../wheels/extra-1.0-py3-none-any.whl\n",
        "requirements/production.txt": "-r base.txt\n-e .\ndjango==5.2.1\n",
    }
    said = install(files, VERSIONS + "; import pricing, shop.settings")
    assert said == "django==5.2.1 extra==1.0 gunicorn==23.0 pricing==1 shop==1"


def test_what_is_installed_beside_a_lock_does_not_change_it(install):
    files = {**package("shop", ("django",)), "manage.py": MANAGE}
    with pytest.raises(FailedError, match=r"`uv pip install .* failed: "):
        install(files, "", LOCK, index_url="", requirements=("needy",))


def test_what_the_inventory_overrides_wins_over_a_lock(install):
    files = {**package("shop", ("django",)), "manage.py": MANAGE}
    assert install(files, "import django; print(django.VERSION)", LOCK, overrides=("django==5.2.9",)) == "5.2.9"


def test_folders_that_manage_appends_come_last_and_those_that_it_inserts_first(install):
    """real-projects.md, row 3: `apps` on the path, with an application whose name Python has, too."""
    head = "import os, sys\nfrom pathlib import Path\nBASE = Path(__file__).resolve().parent\n"
    head += 'sys.path.append(str(BASE / "apps"))\nsys.path.insert(0, str(BASE / "first"))\n'
    files = {
        "site/manage.py": head + MANAGE,
        "site/apps/basket/__init__.py": "",
        "site/apps/email/__init__.py": "raise SystemExit('not this one')",
        "site/first/queue.py": "OURS = True\n",
        "requirements.txt": "django\n",
    }
    assert install(files, "import basket, email.message, queue; print(queue.OURS)") == "True"


def test_caret_of_poetry_in_requires_python(install):
    """real-projects.md, row 37."""
    files = {"manage.py": MANAGE, "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\nrequires-python = "^3.11"\ndependencies = ["django<5.2.9"]\n'}  # fmt: skip
    assert install(files, VERSIONS) == "django==5.2.1 gunicorn==23.0"


def test_what_pip_takes_in_a_list_and_uv_does_not(install, wheels):
    digest = hashlib.sha256((wheels / "django-5.2.1-py3-none-any.whl").read_bytes()).hexdigest()
    files = {
        "manage.py": MANAGE,
        **below("libs/pricing", package("pricing", ("extra",))),
        "requirements.txt": "--require-hashes\n-r more.txt\n-e file:libs/pricing#egg=pricing\n",
        "more.txt": f"django==5.2.1 --config-settings=a=b --hash=sha256:{digest}\n",
    }
    assert install(files, VERSIONS) == "django==5.2.1 extra==1.0 gunicorn==23.0 pricing==1"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_constraints_that_are_no_utf8(install, encoding):
    files = {
        "manage.py": MANAGE,
        "requirements.txt": "-c deploy/limits.txt\ndjango\n",
        "deploy/limits.txt": "# f\xfcr uns\ndjango<5.2.9\n-c more.txt\n".encode(encoding),
        "deploy/more.txt": "gunicorn==23.0\n",
    }
    assert install(files, VERSIONS) == "django==5.2.1 gunicorn==23.0"


def test_setup_cfg_alone(install):
    files = {
        "manage.py": MANAGE,
        "setup.cfg": "[metadata]\nname = shop\n[options]\ninstall_requires =\n  django<5.2.9\n",
    }
    assert install(files, VERSIONS) == "django==5.2.1 gunicorn==23.0"


def test_dependencies_of_the_script_itself(install):
    head = "# /// script\n# requires-python = '>=3.11'\n# dependencies = ['django<5.2.9']\n# ///\n"
    assert install({"manage.py": head + MANAGE}, VERSIONS) == "django==5.2.1 gunicorn==23.0"


def test_folder_of_manage_is_on_the_path_of_every_program(install):
    """A worker's command in the environment, such as `django-admin`, is started from elsewhere than that folder."""
    files = {"site/manage.py": MANAGE, "site/shop/settings.py": "", "requirements.txt": "django\n"}
    code = "import os, runpy, sys; sys.path.remove(''); import shop.settings; print(shop.settings.__file__)"
    assert install(files, code).endswith("/source/site/shop/settings.py")


def test_group_of_pep_735_without_a_project(install):
    groups = (
        "[dependency-groups]\nbase = ['django<5.2.9']\nprod = [{include-group = 'base'}, 'extra']\ndev = ['needy']\n"
    )
    said = install({"manage.py": MANAGE, "pyproject.toml": groups}, VERSIONS)
    assert said == "django==5.2.1 extra==1.0 gunicorn==23.0"


def test_group_and_extra_of_production_alone(install):
    project = (
        '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = []\n'
        "[project.optional-dependencies]\nprod = ['django<5.2.9']\n[dependency-groups]\nproduction = ['extra']\n"
    )
    said = install({"manage.py": MANAGE, "pyproject.toml": project}, VERSIONS)
    assert said == "django==5.2.1 extra==1.0 gunicorn==23.0"


def test_range_in_python_version_leads_to_no_other_interpreter(install):
    """real-projects.md, row 7: what uv reads in the source says nothing about which interpreter was chosen."""
    files = {**package("shop", ("django",)), "manage.py": MANAGE, ".python-version": ">=3.11\n"}
    said = install(files, "import sys; print(sys.version_info[:2], sys.prefix)", LOCK, python=sys.executable)
    assert said.startswith(str(sys.version_info[:2])) and said.endswith("/releases/abc/venv")


def test_requirement_that_takes_another_python_is_told_with_the_key(install):
    with pytest.raises(FailedError) as raised:
        install({"manage.py": MANAGE, "requirements.txt": "django\n"}, "", requirements=("later",))
    told = str(compiled.outdated(raised.value.log, "python3", "3.11.2"))
    assert told == "later asks for Python >=3.99, and python3 of this host is 3.11.2: name another `python`."
