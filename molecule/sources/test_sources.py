"""Where a project can come from, and what its requirements can look like."""

import pytest


@pytest.mark.parametrize(
    ("name", "django"),
    [
        ("locked", "5.2.1"),
        ("declared", "5.2."),
        ("hashed", "5.2.2"),
        ("archive", "5.2.2"),
        ("wheel", "5.2."),
        ("git", "5.2.2"),
        ("private", "5.2.3"),
    ],
)
def test_release_has_its_code_and_its_requirements(host, name, django):
    version = host.check_output(f"{name}-manage version")
    assert version == django or (django.endswith(".") and version.startswith(django) and int(version.split(".")[2]) > 2)
    code = host.check_output(f"{name}-run python -c 'import tiny.settings as s; print(s.__file__)'")
    assert "site-packages" in code if name in ("wheel", "private") else "/source/" in code
    assert host.run(f"{name}-manage check").rc == 0
