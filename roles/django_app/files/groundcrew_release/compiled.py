"""Why requirements cannot be installed: what must be compiled first, or another Python.

uv builds what has no wheel for the release's Python. The headers and libraries for that come from Debian: which, for
the distributions that people have, stands here.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import interpreters, requirements
from .application import Application
from .project.names import canonical, sentence
from .project.pythons import Demand, alternatives, proposal
from .steps import FailedError, MissingError

COMPILER = ("build-essential", "pkg-config", "python3-dev")
"""Debian packages that every build needs; headers of Python come with an interpreter of uv's."""
TABLE = """
libpq-dev: psycopg-c psycopg2 psycopg2cffi pygresql
libmariadb-dev: mysqlclient mariadb
libxml2-dev libxslt1-dev zlib1g-dev: lxml html5-parser
libxml2-dev libxslt1-dev libxmlsec1-dev: xmlsec
libjpeg-dev zlib1g-dev libfreetype-dev libtiff-dev libwebp-dev liblcms2-dev libopenjp2-7-dev: pillow pillow-simd
libldap-dev libsasl2-dev: python-ldap
libgdal-dev: gdal fiona rasterio pyogrio
libgeos-dev: shapely pygeos
libproj-dev proj-bin: pyproj
libsqlite3-dev: pysqlite3
libcairo2-dev: pycairo cairocffi rlpycairo
libgirepository1.0-dev libcairo2-dev: pygobject
libffi-dev: cffi
libffi-dev libssl-dev cargo: cryptography
libffi-dev libsodium-dev: pynacl
cargo: bcrypt orjson pydantic-core rpds-py tokenizers watchfiles jiter nh3 granian css-inline
libpcre2-dev zlib1g-dev libssl-dev: uwsgi pyuwsgi
apache2-dev: mod-wsgi
libcurl4-openssl-dev libssl-dev: pycurl
unixodbc-dev: pyodbc aioodbc
freetds-dev libssl-dev libkrb5-dev: pymssql
libkrb5-dev: gssapi kerberos pykerberos krb5
libhdf5-dev: h5py tables
gfortran libopenblas-dev: numpy scipy scikit-learn
libmemcached-dev zlib1g-dev: pylibmc
libsnappy-dev: python-snappy
librdkafka-dev: confluent-kafka
libzmq3-dev: pyzmq
libev-dev libc-ares-dev: gevent bjoern
libyaml-dev: pyyaml ruamel-yaml-clib
libicu-dev: pyicu
libgraphviz-dev: pygraphviz
libfreetype-dev: rl-renderpm matplotlib freetype-py
libvips-dev: pyvips-binary pyvips
libtesseract-dev libleptonica-dev: tesserocr
libpoppler-cpp-dev: pdftotext
libcups2-dev: pycups
libssl-dev swig: m2crypto
libgpgme-dev swig: gpg
libdbus-1-dev libglib2.0-dev: dbus-python
libsystemd-dev: systemd-python cysystemd
libsnmp-dev: easysnmp
libvirt-dev: libvirt-python
libgmp-dev libmpfr-dev libmpc-dev: gmpy2
liblz4-dev: lz4
libzstd-dev: zstd
libre2-dev: google-re2
"""
NEEDS = {
    name: tuple(packages.split())
    for packages, _, names in (line.partition(": ") for line in TABLE.strip().splitlines())
    for name in names.split()
}
"""What must be there to build a distribution, beside COMPILER: {name: Debian packages}."""
BUILD = re.compile(
    r"Failed to (?:download and )?build(?: and install)? `([A-Za-z0-9._-]+?)(?:\[[^]`]*\])?(?:(?:==| @ )[^`]*)?`"
)
"""How uv names what it could not build."""
TOOLS = re.compile(
    r"Python\.h: No such file|(command|execute) '?[\w/.-]*(gcc|g\+\+|cc|make)'?[^\n]*(No such file|failed)|"
    r"No such file or directory: '[\w/.-]*(gcc|g\+\+|cc|make)'|Unknown compiler|linker `cc` not found|"
    r"Did not find pkg-config|pkg-config[^\n]*not found|No CMAKE_C(XX)?_COMPILER"
)
"""How builds say that they have no compiler or no headers of Python."""
WRONG = (
    re.compile(
        r"does not satisfy Python *(?P<wanted>[^ ]+) and (?:all versions of )?(?P<name>[\w.-]+)[^ ]* depends? on"
    ),
    re.compile(r"\b(?P<name>[\w.-]+?)(?:[=<>!~][^ ]*)? requires? Python *(?P<wanted>[<>=!~][^ ]*)"),
)
"""How uv says that a requirement takes another Python."""


OLDER = re.compile(
    r"has no attribute '(readfp|SafeConfigParser|getargspec|coroutine|Mapping|MutableMapping|ImpImporter)'"
    r"|ModuleNotFoundError: No module named '(distutils|imp|asyncore|cgi|pipes|lib2to3|setuptools\.command\.test)\b"
    r"|use_2to3 is invalid|longintrepr\.h|has no member named '(ob_digit|tp_print)'|_PyLong_AsByteArray"
)
"""What builds say of packages that are older than the Python: what it has no more."""
ABSENT = re.compile(r"Distribution not found at: file://(\S+)|relative path without a working directory: (\S+)")
"""What uv says of a package in a folder that is not there."""
SILENT = re.compile(
    r"Failed to fetch: `?(?P<index>https?://[^\s`/]+)[\s\S]*?"
    r"(?P<why>operation timed out|dns error|connection refused|tcp connect error|client error \(Connect\))",
    re.IGNORECASE,
)
"""What uv says of an index that gave no answer; a status, such as 404, is one."""


def installed(names: tuple[str, ...]) -> set[str]:
    """Return those Debian packages of `names` that this host has."""
    command = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return {line.partition(" ")[0] for line in said.splitlines() if line.endswith(" installed")}


def unbuilt(log: str, release: Path) -> FailedError | None:
    """Return what to say of a build that failed, None when the log tells of none."""
    match = BUILD.search(log)
    if not match:
        return None
    name, python = match[1], requirements.version(release)
    known = NEEDS.get(canonical(name), ())
    own = (release / "venv/bin/python").resolve().is_relative_to(interpreters.folder())
    compiler = COMPILER[:-1] if own else COMPILER
    wanted = (*compiler, *known) if known or TOOLS.search(log) else ()
    missing = tuple(sorted({*wanted} - installed(wanted), key=wanted.index))
    what = f"{name} has no wheel for Python {python}"
    if found := OLDER.search(log):
        older = "3.9" if python.startswith("3.11.") else "3.11"
        return FailedError(
            f"{what}, and its build knows an older Python ({found[0].strip()}): take a newer version of it with "
            f'`overrides`, or another Python, such as `python: "{older}"`, which uv installs where Debian has none.'
        )
    if missing:
        return MissingError(
            f"{what}, and to build it Debian's {sentence(list(missing), 'and')} {'is' if len(missing) == 1 else 'are'} "
            "missing: a deploy installs what is, and `build_packages` may name it.",
            missing,
        )
    has = f", although {sentence(list(known), 'and')} {'is' if len(known) == 1 else 'are'} installed" if known else ""
    return FailedError(f"{what} and could not be built{has}: name what it needs of Debian with `build_packages`.")


def outdated(log: str, python: str, version: str) -> FailedError | None:
    """Return what to say where requirements take another Python, None when the log tells of none.

    :param python: the interpreter as the inventory names it, and its `version`.
    """
    text = " ".join(log.split())
    match = next(filter(None, (one.search(text) for one in WRONG)), None)
    if not match:
        return None
    wanted = match["wanted"].strip(",.")
    try:
        other = proposal((Demand("", wanted, alternatives(wanted)),))
    except ValueError:
        other = ""
    key = f'say `python: "{other}"`, which uv installs where Debian has none' if other else "name another `python`"
    return FailedError(f"{match['name']} asks for Python {wanted}, and {python} of this host is {version}: {key}.")


def unreached(log: str) -> FailedError | None:
    """Return what to say of an index that the host does not reach, whatever was wanted from it."""
    match = SILENT.search(log)
    if not match:
        return None
    # The last cause is the most exact one.
    why = [one["why"] for one in re.finditer(r"(?P<why>operation timed out|dns error[^\n]*)", log)] or [match["why"]]
    again = "run it again when it does, or name another index with `index_url`"
    return FailedError(f"{match['index']} gave this host no answer ({why[-1].strip()}): {again}.")


def absent(log: str, release: Path) -> FailedError | None:
    """Return what to say of a package in a folder that is not there, None when the log tells of none."""
    match = ABSENT.search(log)
    if not match:
        return None
    path = os.path.relpath(match[1], release / "source") if match[1] else match[2]
    if path.startswith("../../"):  # beside the release: a path of another machine
        path = match[1]
    elif path.startswith("../"):
        return FailedError(
            f"The project asks for the package in {path}, which lies outside of its source: let `source` be the folder "
            "above, and `working_directory` say where the project is in it."
        )
    return FailedError(
        f"The project asks for the package in {path}, which this host does not have: name it with its version where "
        "the project does, or with `overrides`."
    )


@contextmanager
def explained(application: Application, name: str) -> Iterator[None]:
    """Say of requirements that cannot be installed inside what would help.

    :raises MissingError: packages of Debian would.
    """
    try:
        yield
    except FailedError as error:
        release = application.release(name)
        version = requirements.version(release)
        told = unreached(error.log) or absent(error.log, release) or unbuilt(error.log, release)
        told = told or outdated(error.log, application.python, version)
        if not told:
            raise
        told.log, told.command = error.log, error.command
        raise told from error
