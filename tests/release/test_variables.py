"""Which variables settings cannot do without, whatever they read them with."""

# ruff: noqa: E501 - settings and what is found are one line of a table

import pytest
import yaml
from groundcrew_release import build
from groundcrew_release.project import Asked, read

SITE = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.live")\n',
    "requirements.txt": "Django\n",
    "shop/settings/__init__.py": "",
    "shop/settings/live.py": "from .base import *\n",
    "shop/settings/base.py": "",
}
ENV = "import environ\nenv = environ.Env()\n"


@pytest.fixture
def needed(tmp_path):
    """Return a function that writes settings and returns the variables that are proposed: (env, secrets)."""

    def run(base, live="from .base import *\n", given=("PATH", "DATABASE_URL"), **files):
        for name, text in {**SITE, "shop/settings/base.py": base, "shop/settings/live.py": live, **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        keys = yaml.safe_load("\n".join(read(tmp_path, Asked(given=frozenset(given))).variables)) or {}
        return sorted(keys.get("env", ())), sorted(keys.get("secrets", ()))

    return run


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('import os\nA = os.environ["X"]\n', ["X"]),
        ('from os import environ\nA = {"b": [environ["X"]]}\n', ["X"]),
        ('import os\nA = os.environ.get("X")\nB = os.getenv("Y")\nC = os.environ["DATABASE_URL"]\n', []),
        ('import os\nos.environ.setdefault("X", "1")\nos.environ["Y"] = "2"\nA = os.environ["X"] + os.environ["Y"]\n', []),
        (f'{ENV}A = env("X")\nB = env.list("Y")\nC = env.db()\nD = env("Z", int)\n', ["X", "Y", "Z"]),
        (f'{ENV}A = env("X", default="")\nB = env.bool("Y", False)\nC = env("Z", str, "z")\nenv.read_env(".env")\n', []),
        ('from environ import Env\nenv = Env(X=(bool, False), Y=str)\nA = env("X")\nB = env("Y")\n', ["Y"]),
        ('from environs import Env\nenv = Env()\nenv.read_env()\nA = env.str("X")\nB = env("Y", "z")\n', ["X"]),
        ('from decouple import config\nA = config("X", cast=int)\nB = config("Y", default=1)\nC = config("Z", "")\n', ["X"]),
        ('import decouple\nA = decouple.config("X")\n', ["X"]),
        ("import os\ndef need(name):\n    return os.environ[name]\nA = need('X')\n", ["X"]),
        # Nobody knows which way a condition goes, or whether a function is called.
        (f'{ENV}if env.bool("X", False):\n    A = env("Y")\ndef later():\n    return env("Z")\n', []),
        (f'{ENV}try:\n    A = env("X")\nexcept Exception:\n    A = ""\nB = env("Y") if A else ""\n', []),
        ("this is no Python\n", []),
    ],
)  # fmt: skip
def test_what_settings_cannot_do_without(needed, text, found):
    assert needed(text) == (found, [])


def test_a_reader_of_another_module_and_a_key_that_the_host_makes_up(needed):
    live = 'from .base import *\nfrom .base import env\nSECRET_KEY = env("KEY")\nADMIN_URL = env("ADMIN_URL")\n'
    assert needed(f'{ENV}A = env("A")\n', live) == (["A", "ADMIN_URL"], ["KEY"])
    assert needed(ENV, live, given=("KEY", "ADMIN_URL")) == ([], [])
    assert needed(f'{ENV}A = env("A")\n', live, **{".env": "A=1\nexport ADMIN_URL=x\n"}) == ([], ["KEY"])
    assert needed(ENV, live, given=()) == ([], [])


def test_the_line_is_named(tmp_path):
    for name, text in {**SITE, "shop/settings/base.py": f'{ENV}\nA = [\n    env("X"),\n]\n'}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    lines = read(tmp_path, Asked(given=frozenset({"PATH"}))).variables
    assert lines == ("  env:", "    X: ...  # shop/settings/base.py, line 5")


def test_a_build_says_what_its_settings_need(root, shop, tmp_path_factory):
    """The host's own variables and secrets are given."""
    folder = tmp_path_factory.mktemp("source")
    base = f'{ENV}A = [env("X"), env("DJANGO_SECRET_KEY"), env("DJANGO_ALLOWED_HOSTS"), env("MINE"), env("HOME")]\n'
    for name, text in {**SITE, "shop/settings/base.py": base}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (root / "etc/django/shop/secrets/DJANGO_SECRET_KEY").write_text("DJANGO_SECRET_KEY=x\n")
    application = shop(env={"MINE": "1"}, settings="shop.settings.live")
    lines = build.proposal(read(folder, build.asked(application)))
    assert lines[0] == (
        "It seems to need variables of its environment that nobody gives. These keys of the application do it:"
    )
    assert lines[1:] == ["  env:", "    X: ...  # shop/settings/base.py, line 3"]
