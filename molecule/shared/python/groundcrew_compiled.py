"""Keep what Python makes of the modules that Ansible sends: half of the processor time of a small one is compiling.

A module comes as an archive with all that it imports, and Python keeps no bytecode of an archive. All test hosts share
one folder for it, a volume of molecule/shared/create.yml; a host without it, such as those of the benchmarks, compiles
as every server does. A file is named after the source that it was made from, and never serves another one.
"""

# Every Python of a test host starts with this, and pathlib is slow to import.
# ruff: noqa: PTH102,PTH105,PTH112,PTH123

import _imp
import marshal
import os
import sys
import zipimport

FOLDER = f"/var/cache/groundcrew-compiled/{sys.implementation.cache_tag}"
compile_source = zipimport._compile_source


def compiled(pathname, source):
    """Return the code of a source (bytes), as `zipimport` asks for it."""
    if "/ansible_" not in pathname:
        return compile_source(pathname, source)
    path = f"{FOLDER}/{_imp.source_hash(0, source).hex()}{len(source)}"
    try:
        with open(path, "rb") as file:
            code = marshal.loads(file.read())
        # A traceback names the archive of this run.
        _imp._fix_co_filename(code, pathname)
    except (OSError, ValueError, EOFError, TypeError):
        code = compile_source(pathname, source)
        keep(path, marshal.dumps(code))
    return code


def keep(path, content):
    """Write a file whole or not at all; only root may, and only where the folder is."""
    part = f"{path}.{os.urandom(8).hex()}"
    try:
        os.path.isdir(FOLDER) or os.mkdir(FOLDER)
        with open(part, "wb") as file:
            file.write(content)
        os.replace(part, path)
    except OSError:
        pass


zipimport._compile_source = compiled
