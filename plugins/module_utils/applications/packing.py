"""A folder of the controller as one archive, and the sum by which a host tells whether it has the same files."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path


def files(folder: Path) -> list[Path]:
    """Return the files below a folder, as paths from there, by the bytes of their names, without __pycache__."""
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(
        (path for path in found if "__pycache__" not in path.parts), key=lambda path: os.fsencode(f"./{path}")
    )


def digest(folder: Path) -> str:
    """Return what `find . -type f … | sort | xargs sha256sum | sha256sum` prints in that folder."""
    lines = [f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  ./{path}\n" for path in files(folder)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def archive(folder: Path) -> bytes:
    """Return a tar.gz of the files: the same bytes for the same files, whoever packs them and when."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in files(folder):
            content = (folder / path).read_bytes()
            member = tarfile.TarInfo(str(path))
            member.size = len(content)
            member.mode = 0o755 if os.access(folder / path, os.X_OK) else 0o644
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def pack(folder: str) -> dict[str, str]:
    """Return {archive: base64, digest}; NotADirectoryError when there is no such folder."""
    path = Path(folder)
    if not path.is_dir():
        raise NotADirectoryError(folder)
    return {"archive": base64.b64encode(archive(path)).decode(), "digest": digest(path)}
