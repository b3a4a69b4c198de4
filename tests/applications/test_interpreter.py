"""A Python that no Debian has is named in the inventory, or refused before any host is asked."""

import pytest

from inventories import make_host, mistakes

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


@pytest.fixture
def told(tmp_path):
    """Return a function that writes a project and returns the lines that tell what is wrong with its Python."""

    def run(files, **keys):
        for name, text in {"manage.py": MANAGE, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        host = make_host(apps={"source": str(tmp_path), **keys})
        return [line.replace(str(tmp_path), "SOURCE") for line in mistakes(host) if "Python" in line]

    return run


def asks(wanted):
    return {"pyproject.toml": f'[project]\nname = "shop"\nversion = "1"\nrequires-python = "{wanted}"\n'}


@pytest.mark.parametrize(
    ("files", "keys", "line"),
    [
        (
            asks("==3.14.*"),
            {},
            "[web1] shop: `python` is not said, and Debian has 3.11 and 3.13: pyproject.toml of SOURCE asks for "
            'Python ==3.14.*. For example: python: "3.14"',
        ),
        ({"runtime.txt": "python-3.12.4\n"}, {}, 'asks for Python 3.12. For example: python: "3.12"'),
        (asks(">=3.14"), {"python": "3.13"}, "`python` is 3.13: pyproject.toml of SOURCE asks for Python >=3.14."),
        (asks(">=3.14"), {"python": "python3.12"}, 'For example: python: "3.14"'),
        ({"site/manage.py": MANAGE, "site/.python-version": "3.12"}, {"working_directory": "site"}, "site/.python-v"),
    ],
)
def test_python_that_is_refused(told, files, keys, line):
    (found,) = told(files, **keys)
    assert line in found


@pytest.mark.parametrize(
    ("files", "keys"),
    [
        (asks("==3.14.*"), {"python": "3.14"}),
        (asks("==3.14.*"), {"python": "/opt/python/bin/python3"}),
        (asks(">=3.13"), {}),
        (asks(">=3.12.4,<3.13"), {"python": "3.12"}),
        ({".python-version": "3.12"}, {"python": "3.13"}),
        (asks("3.11+"), {}),
        ({}, {}),
        ({"a/manage.py": MANAGE, "b/manage.py": MANAGE, "manage.py": "", **asks("==3.14.*")}, {"python": "3.14"}),
    ],
)
def test_python_that_a_host_may_have(told, files, keys):
    assert told(files, **keys) == []


def test_every_host_is_named_once(tmp_path):
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "runtime.txt").write_text("python-3.12.1")
    hosts = [make_host(name, apps={"source": str(tmp_path)}) for name in ("web1", "web2")]
    assert "[web1, web2] shop: `python`" in "\n".join(mistakes(*hosts))
