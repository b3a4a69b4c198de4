"""Whether the git repositories have the versions that are asked for: one question for each, several at a time."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from . import source
from .findings import Finding
from .resolve import Application
from .sources import git, kinds

REMOTE = re.compile(r"((https?|ssh|git)://|[^/]+@[^/]+:)")
COMMIT = re.compile("[0-9a-f]{7,40}")
AT_ONCE = 16


def ask(repository: str, version: str) -> str:
    """Ask a repository for a tag or branch; return "" when it has it, else the reason (one line)."""
    try:
        answer = subprocess.run(
            ["git", "ls-remote", "--exit-code", "--", repository, version],
            env=git.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=git.PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {git.PATIENCE} seconds"
    except OSError as error:
        return f"git cannot be started: {error}"
    if answer.returncode == 0:
        return ""
    login = source.LOGIN.search(repository)
    said = answer.stderr.strip().replace(login.group() if login else "\0", "")
    return " ".join(said.split()) or "it has no such tag or branch"


def wanted(application: Application) -> tuple[str, str] | None:
    """Return (repository, version) to ask for; None where there is nothing to ask, or the host alone has the key."""
    repository, version = application["source"], application["version"]
    if not REMOTE.match(repository) or kinds.kind(repository) != "git" or application["deploy_key"]:
        return None
    return repository, "HEAD" if COMMIT.fullmatch(version) else version


def findings(applications: Iterable[Application], ask: Callable[[str, str], str] = ask) -> Iterator[Finding]:
    """Yield each application whose repository does not have its version or does not answer."""
    asked = [(one, question) for one in applications if (question := wanted(one))]
    questions = list(dict.fromkeys(question for _, question in asked))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = dict(zip(questions, threads.map(lambda question: ask(*question), questions), strict=True))
    for one, (repository, version) in asked:
        if reason := answers[repository, version]:
            sentence = f"is {version}, and {source.shown(repository)} does not have it or is silent. Git says: {reason}"
            yield one.finding("no-version", "version", sentence)
