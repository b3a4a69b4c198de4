"""What people call the files, groups and modules of production and of development."""

import re

PRODUCTION = {"production", "prod", "prd", "live", "deploy", "deployment"}
DEVELOPMENT = {
    "dev", "devel", "develop", "development", "local", "localhost", "debug", "test", "tests", "testing", "ci", "docs",
    "doc", "lint", "linting", "typing", "types", "e2e", "example", "sample", "playground",
}  # fmt: skip
SAMPLES = {
    "example", "examples", "demo", "demos", "sample", "samples", "sandbox", "test", "tests", "testing", "testproject",
    "test_project", "testapp", "docs", "doc", "fixtures", "template", "templates", "project_template", "vendor",
    "third_party", "benchmarks",
    "e2e",
}  # fmt: skip
"""Folders whose manage.py or wsgi.py is not the one of the project."""


def words(name: str) -> set[str]:
    """Return the words of a name: {"prod", "requirements"} for Prod-Requirements."""
    return set(filter(None, re.split(r"[^a-z0-9]+", name.lower())))


def production(name: str) -> bool:
    """Say whether a name means production."""
    return bool(words(name) & PRODUCTION)


def development(name: str) -> bool:
    """Say whether a name means development or tests."""
    return not production(name) and bool(words(name) & DEVELOPMENT)


def canonical(name: str) -> str:
    """Return the name of a package as all tools compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named(line: str) -> str:
    """Return the package that a requirement names, as all tools compare it."""
    return canonical(re.split(r"[^\w.-]", line.strip())[0])


def sentence(names: list[str], last: str = "or") -> str:
    """Return names as a person lists them: "a", "a or b", "a, b or c"."""
    return f" {last} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
