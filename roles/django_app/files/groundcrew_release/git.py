"""Git sources: find a revision at the remote, keep a mirror at `/srv/NAME/repository`, copy a revision out of it.

The mirror is a cache that only this module writes, under the lock of the application. A run that was killed in it
leaves lock files, which are removed, or worse; then the mirror is made anew beside the old one and takes its place
when it is whole.
"""

import base64
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit, urlunsplit

from . import host, missing
from .application import ROOT, Application
from .steps import FailedError

FULL = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
SHORT = re.compile(r"[0-9a-f]{4,39}")
SSH = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=30 -o ServerAliveInterval=15"
CONFIGURATION = {
    # A transfer that stands still for five minutes is over.
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "300",
    # Housekeeping ends with the command that began it.
    "gc.autoDetach": "false",
    "maintenance.autoDetach": "false",
    "core.hooksPath": os.devnull,
    "advice.detachedHead": "false",
    "submodule.fetchJobs": "4",
}
LFS = {
    "filter.lfs.clean": "git-lfs clean -- %f",
    "filter.lfs.smudge": "git-lfs smudge -- %f",
    "filter.lfs.process": "git-lfs filter-process",
    "filter.lfs.required": "true",
}
"""What `git lfs install` writes into the configuration of a user."""
SHIPPED = "refs/groundcrew/shipped"
"""Names the commit that was fetched last, so that the next fetch brings what differs from it."""
FETCHED = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")


def split(url: str) -> tuple[str, dict[str, str]]:
    """Return a URL without its password, and the settings of git that send it; other processes may read arguments."""
    if not url.startswith(("http://", "https://")):
        return url, {}
    parts = urlsplit(url)
    login, _, place = parts.netloc.rpartition("@")
    if not login:
        return url, {}
    user, _, password = login.partition(":")
    word = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return (
        urlunsplit(parts._replace(netloc=place)),
        {f"http.{parts.scheme}://{place}/.extraHeader": f"Authorization: Basic {word}"},
    )


@contextmanager
def environment(application: Application) -> Iterator[dict[str, str]]:
    """Yield the variables that git runs with; a deploy key lies in a file of root's while they are in use."""
    configuration = CONFIGURATION | (LFS if missing.installed() else {}) | split(application.source.location)[1]
    variables = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": str(len(configuration)),
        "HOME": os.environ.get("HOME", "/root"),
        "LC_ALL": "C.UTF-8",
        # A caller that is a hook of git itself means its own repository.
        "GIT_DIR": "",
        "GIT_WORK_TREE": "",
        "GIT_INDEX_FILE": "",
    }
    for number, (name, value) in enumerate(configuration.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    folder = ROOT / "run/groundcrew"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="key-", dir=folder) as place:
        ssh = SSH
        if application.source.deploy_key:
            key = Path(place) / "key"
            # OpenSSH refuses a private key without a line break at its end.
            host.write(key, application.source.deploy_key.strip() + "\n", os.getegid(), 0o600)
            ssh += f" -o IdentitiesOnly=yes -i {key}"
        yield variables | {"GIT_SSH_COMMAND": ssh}


def git(folder: Path, variables: dict[str, str], *arguments: str) -> str:
    """Run git in a folder and return what it prints; FailedError when it fails."""
    return host.run(["git", *arguments], cwd=folder, env=variables, command=f"git {' '.join(arguments)}").strip()


def mirror(application: Application) -> Path:
    """Return the folder of the mirror."""
    return application.home / "repository"


def pick(listing: str, version: str) -> str:
    """Return the commit (str) that `git ls-remote` lists for a version, "" for none: a branch, then a tag, peeled."""
    found = {name: commit for commit, _, name in (line.partition("\t") for line in listing.splitlines())}
    names = [version] if version == "HEAD" or version.startswith("refs/") else [f"refs/heads/{version}"]
    names += [f"refs/tags/{version}", f"refs/{version}"] if not version.startswith("refs/") else []
    for name in names:
        for peeled in (f"{name}^{{}}", name):
            if peeled in found:
                return found[peeled]
    return ""


def known(folder: Path, variables: dict[str, str], commit: str) -> str:
    """Return the full name of a commit that the mirror in `folder` has, "" when it has none or several of this name."""
    if not (folder / ".git").is_dir():
        return ""
    try:
        return git(folder, variables, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    except FailedError:
        return ""


def resolve(application: Application) -> str:
    """Return the commit that the application's version means at the remote now.

    Reads only. "" is an abbreviated commit that the mirror does not have yet: `fetch` finds it.
    """
    version, (url, _) = application.source.version, split(application.source.location)
    if FULL.fullmatch(version):
        return version
    with environment(application) as variables:
        listing = git(ROOT, variables, "ls-remote", "--quiet", "--", url, version, f"{version}^{{}}")
        if commit := pick(listing, version):
            return commit
        if SHORT.fullmatch(version):
            return known(mirror(application), variables, version)
    raise FailedError(f"The repository {url} has no branch, tag or commit {version}.")


def fetch(application: Application, commit: str) -> str:
    """Bring a commit into the mirror, check it out there with its submodules, and return its full name.

    `commit` is what `resolve` said; with "" the version is an abbreviated commit, looked for among all that is fetched.
    """
    wanted, old = commit or application.source.version, mirror(application)
    fresh = old.with_name("repository.new")
    host.remove(fresh)
    with environment(application) as variables:
        if (old / ".git").is_dir():
            try:
                return update(application, old, variables, wanted)
            except FailedError:
                # The remote may be at fault as well: the old mirror stays until a new one is whole.
                pass
        fresh.mkdir(mode=0o755)
        try:
            git(fresh, variables, "init", "--quiet")
            found = update(application, fresh, variables, wanted)
            host.remove(old)
            fresh.rename(old)
        finally:
            host.remove(fresh)
        return found


def update(application: Application, folder: Path, variables: dict[str, str], wanted: str) -> str:
    """Bring the mirror in `folder` to a commit and return the commit's full name."""
    for lock in (folder / ".git").rglob("*.lock"):
        if lock.is_file():
            lock.unlink()
    git(folder, variables, "config", "remote.origin.url", split(application.source.location)[0])
    if not known(folder, variables, wanted):
        bring(folder, variables, wanted)
    commit = known(folder, variables, wanted)
    if not commit:
        raise FailedError(f"The repository {split(application.source.location)[0]} has no single commit {wanted}.")
    git(folder, variables, "checkout", "--quiet", "--force", "--detach", commit)
    git(folder, variables, "clean", "--quiet", "-ffdx")
    if (folder / ".gitmodules").is_file():
        submodules(folder, variables)
    if missing.installed() and missing.pointers(folder):
        # Checked out while this host had no Git LFS.
        git(folder, variables, "lfs", "pull")
        git(folder, variables, "submodule", "--quiet", "foreach", "--recursive", "git lfs pull")
    return commit


def bring(folder: Path, variables: dict[str, str], wanted: str) -> None:
    """Fetch a commit: by itself without its history, or all there is where its full name is not known."""
    quick = ("fetch", "--quiet", "--force", "--no-recurse-submodules")
    if FULL.fullmatch(wanted):
        try:
            git(folder, variables, *quick, "--no-tags", "--depth=1", "origin", f"+{wanted}:{SHIPPED}")
            return
        except FailedError:
            # The server hands out branches and tags alone, or knows no shallow copies.
            pass
    whole = ("--unshallow",) if (folder / ".git/shallow").is_file() else ()
    git(folder, variables, *quick, "--prune", *whole, "origin", *FETCHED)
    if FULL.fullmatch(wanted) and not known(folder, variables, wanted):
        git(folder, variables, *quick, "origin", wanted)


def submodules(folder: Path, variables: dict[str, str]) -> None:
    """Check out the submodules, without their history where their servers hand out single commits."""
    update = ("submodule", "--quiet", "update", "--init", "--recursive", "--force")
    git(folder, variables, "submodule", "--quiet", "sync", "--recursive")
    try:
        git(folder, variables, *update, "--depth=1")
    except FailedError:
        git(folder, variables, "submodule", "--quiet", "deinit", "--all", "--force")
        host.remove(folder / ".git/modules")
        git(folder, variables, *update)


def unpack(application: Application, target: Path) -> None:
    """Copy what is checked out into `target`: submodules come along, the history stays behind."""
    shutil.copytree(
        mirror(application), target, symlinks=True, ignore=shutil.ignore_patterns(".git"), dirs_exist_ok=True
    )
