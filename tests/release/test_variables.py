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
        ('from environs import env\nenv.read_env()\nA = env.str("X")\nB = env("Y", "z")\nC = env("Z", DEFAULT)\n', ["X"]),
        ('from environs import env as e\nA = e("X")\n', ["X"]),
        ('import environs\nA = environs.env.int("X")\n', ["X"]),
        ('from environs import env\nwith env.prefixed("A_"):\n    X = env("X")\n    with env.prefixed("B_"):\n        Y = env("Y")\n', ["A_B_Y", "A_X"]),
        ('import environ\nenv: environ.Env = environ.Env(X=(bool, False))\nA: str = env("X")\nB: str = env("Y")\n', ["Y"]),
        ('from environs import Env\nenv: Env = Env()\nA = env("X")\n', ["X"]),
        ('from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv(".env"))\nA = config("X")\n', ["X"]),
        # Nobody knows which way a condition goes, or whether a function is called.
        (f'{ENV}if env.bool("X", False):\n    A = env("Y")\ndef later():\n    return env("Z")\n', []),
        (f'{ENV}try:\n    A = env("X")\nexcept Exception:\n    A = ""\nB = env("Y") if A else ""\n', []),
        ("this is no Python\n", []),
    ],
)  # fmt: skip
def test_what_settings_cannot_do_without(needed, text, found):
    assert needed(text) == (found, [])


CLASS = "from pydantic import AliasChoices, BaseModel, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n"


def env(*fields, more="env = Env()\n", base="BaseSettings", before=""):
    """Return settings with a class of pydantic-settings."""
    return f"{CLASS}{before}class Env({base}):\n" + "".join(f"    {one}\n" for one in fields) + more


PREFIX = 'model_config = SettingsConfigDict(env_prefix="SHOP_")'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (env("stripe_key: str", "debug: bool = False", "other: str | None = None"), ["STRIPE_KEY"]),
        (env(PREFIX, "x: str"), ["SHOP_X"]),
        (env("x: str", PREFIX), ["SHOP_X"]),
        (env('model_config = {"env_prefix": "shop_"}', "x: str"), ["SHOP_X"]),
        (env('model_config = SettingsConfigDict(env_prefix="Shop_", case_sensitive=True)', "x: str"), ["Shop_x"]),
        (env('x: str = Field(alias="KEY")', 'y: str = Field(validation_alias="Other", alias="z")', PREFIX), ["KEY", "Other"]),
        (env('x: str = Field(validation_alias=AliasChoices("A", "B"))', 'y: int = Field(..., gt=0)'), ["A", "Y"]),
        (env('x: str = Field(validation_alias=AliasChoices("A", "DATABASE_URL"))', "database_url: str"), []),
        (env('a: str = Field("x")', 'b: str = Field(default="x")', "c: list = Field(default_factory=list)", "d: str = ..."), ["D"]),
        (env('x: Annotated[str, Field(alias="KEY")]', "y: Annotated[str, Field(default='')]"), ["KEY"]),
        (env("x: ClassVar[str]", "_y: str", "z: SecretStr"), ["Z"]),
        # What a field of its own class reads has a name that only pydantic knows.
        (env("x: Inner", before="class Inner(BaseModel):\n    y: str\n"), []),
        (env("x: Inner = Field(default_factory=Inner)", before="class Inner(BaseSettings):\n    y: str\n"), ["Y"]),
        (env("x: str", "y: str", base="Base", before="class Base(BaseSettings):\n    x: str = ''\n    y: str = ''\n    z: str\n"), ["X", "Y", "Z"]),
        (env("x: str = ''", base="Base", before=f"class Base(BaseSettings):\n    {PREFIX}\n    x: str\n    y: str\n"), ["SHOP_Y"]),
        # An object that is never made, or that is told.
        (env("x: str", more=""), []),
        (env("x: str", "y: str", more="env = Env(x='1')\n"), ["Y"]),
        (env("x: str", more="env = Env(**them)\n"), []),
        (env("x: str", more="def get():\n    return Env()\nenv = get()\n"), ["X"]),
        (env("x: str", more="A = Env().x\n"), ["X"]),
        (env("x: str", base="BaseModel"), []),
        ("import pydantic_settings as p\nclass E(p.BaseSettings):\n    x: str\nA = E()\n", ["X"]),
        # Of Pydantic 1.
        ('from pydantic import BaseSettings, Field\nclass E(BaseSettings):\n    x: str = Field(..., env="KEY")\n    y: Optional[str]\n    z: str\n    class Config:\n        env_prefix = "a_"\nA = E()\n', ["A_Z", "KEY"]),
    ],
)  # fmt: skip
def test_what_a_class_of_pydantic_cannot_do_without(needed, text, found):
    assert needed(text) == (found, [])


def test_a_class_of_another_module(needed):
    files = {"shop/env.py": env("x: str", "secret_key: str", "y: str", more="")}
    live = "from shop.env import Env\nenv = Env()\nSECRET_KEY = env.secret_key\n"
    assert needed("", live, **files, **{".env": "y=1\n"}) == (["X"], ["SECRET_KEY"])
    assert needed("", "from shop import env\nenv = env.Env()\n", **files) == (["X"], ["SECRET_KEY"])


@pytest.mark.parametrize(
    ("live", "files"),
    [
        ('from config import env as e\nA = e.env("X")\n', {"config/env.py": ENV}),
        ('import config.env as e\nA = e.env("X")\n', {"config/env.py": ENV}),
        ('from .base import *\nA = env("X")\n', {"shop/settings/base.py": "from environs import env\n"}),
        ('from .base import env as e\nA = e("X")\n', {"shop/settings/base.py": "from environs import env\n"}),
        (f'{ENV}from split_settings.tools import include\ninclude("parts/*.py")\n', {"shop/settings/parts/a.py": 'A = env("X")\n'}),
    ],
)  # fmt: skip
def test_readers_come_from_any_module(needed, live, files):
    assert needed("", live, **files) == (["X"], [])


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
