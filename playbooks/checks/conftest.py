"""What the report's tests share: each host is asked once, and its sites are visited once."""

import importlib.util
import shlex
import sys
import warnings
from pathlib import Path

import pytest

# Where the judgement lies, in a clone and in an installed collection.
UTILS = Path(__file__).resolve().parents[2] / "plugins/module_utils"
sys.path.insert(0, str(UTILS))

from report import collect, judge, observed, verdicts  # noqa: E402


def pytest_addoption(parser):
    """Declare the options; without pytest-testinfra its own would be the unknown ones."""
    if importlib.util.find_spec("testinfra") is None:
        raise pytest.UsageError("The report asks servers through pytest-testinfra: pip install pytest-testinfra")
    group = parser.getgroup("report")
    group.addoption("--address", action="append", default=[], help="address of the site: https://shop.example.org")
    group.addoption("--fail-on", choices=["error", "warning"], default="error", help="what fails (%(default)s)")


@pytest.fixture(scope="module")
def server(host):
    """Return the server as it described itself, in one command."""
    answer = host.run(shlex.join(observed.question()))
    return observed.read(host.backend.get_hostname(), answer.stdout, answer.stderr)


@pytest.fixture(scope="module")
def findings(server, request):
    """Return all findings about the server, its projects and its sites."""
    sites = collect.sites([server], {server.name: request.config.getoption("--address")})
    return judge.findings([collect.tried(server)], sites)


@pytest.fixture
def hold(findings, request):
    """Return a function that holds a check against all that it was asked of: fails, warns, or skips."""

    def held(check):
        about = [one for one in findings if one.id == check]
        text = "\n".join(f"{one.about}: {one.seen}. {one.why} Mend it: {one.mend}" for one in about)
        if verdicts.is_worse(about, request.config.getoption("--fail-on")):
            pytest.fail(text, pytrace=False)
        if verdicts.is_worse(about, "warning"):
            warnings.warn(text, stacklevel=2)
        if not about or all(one.level == "unknown" for one in about):
            pytest.skip(text or "there is nothing that it could be asked of")

    return held
