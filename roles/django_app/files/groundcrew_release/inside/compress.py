"""Compress the static files of a release, once for all visitors: `python - FOLDER [FOLDER of the release before]`.

Text of a kilobyte and more gets files NAME.gz and NAME.br beside it, of which Nginx sends one instead (gzip_static,
brotli_static). A file that is there twice, with a hash in its name and without, is compressed once, and what the
release before has compressed is copied. Prints how many were compressed anew.
"""

import gzip
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TEXT = {".css", ".js", ".mjs", ".json", ".map", ".svg", ".xml", ".txt", ".html", ".ico", ".ttf", ".otf", ".wasm"}
SMALLEST = 1024  # bytes: below, the headers weigh more than what is saved
# Each without a time, so that the same file compresses to the same bytes.
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda content: gzip.compress(content, mtime=0),
    "br": lambda content: subprocess.run(["brotli", "--best"], input=content, capture_output=True, check=True).stdout,
}


def beside(path: Path, way: str) -> Path:
    """Return the path of the compressed file that belongs to a file."""
    return path.with_name(f"{path.name}.{way}")


def compress(paths: list[Path], earlier: list[Path], way: str) -> bool:
    """Write the compressed files of ``paths``, which have one content; return whether it was compressed anew.

    ``earlier`` are the files of the same names in the release before. What a project brings compressed itself stays.
    """
    missing = [path for path in paths if not beside(path, way).exists()]
    if not missing:
        return False
    content = missing[0].read_bytes()
    same = [path for path in earlier if beside(path, way).is_file() and path.is_file() and path.read_bytes() == content]
    compressed = beside(same[0], way).read_bytes() if same else WAYS[way](content)
    for path in missing:
        beside(path, way).write_bytes(compressed)
        shutil.copystat(path, beside(path, way))
    return not same


def main(target: str, before: str = "/nonexistent") -> None:
    """Compress what is worth it below the folder ``target``; ``before`` is that of the release before."""
    folder, same = Path(target), dict[bytes, list[Path]]()
    for path in folder.rglob("*"):
        if path.suffix in TEXT and path.is_file() and path.stat().st_size >= SMALLEST:
            same.setdefault(hashlib.sha256(path.read_bytes()).digest(), []).append(path)
    earlier = [[Path(before) / path.relative_to(folder) for path in paths] for paths in same.values()]
    jobs = [(*both, way) for both in zip(same.values(), earlier, strict=True) for way in WAYS]
    with ThreadPoolExecutor() as pool:
        print(sum(pool.map(lambda job: compress(*job), jobs)))


if __name__ == "__main__":
    main(*sys.argv[1:])
