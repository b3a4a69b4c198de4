"""Compress the static files of a release, once for all visitors: `python - FOLDER [FOLDER of the release before]`.

Text of a kilobyte and more gets files NAME.gz and NAME.br beside it, of which Nginx sends one instead (gzip_static,
brotli_static). What the release before has compressed under the same name, and with the same content, is copied. Prints
how many were compressed anew.
"""

import gzip
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


def compress(path: Path, before: Path, way: str) -> bool:
    """Write ``path``.``way`` unless it is there; return whether it was compressed anew."""
    target, earlier = path.with_name(f"{path.name}.{way}"), before.with_name(f"{before.name}.{way}")
    if target.exists():
        return False
    content = path.read_bytes()
    known = earlier.is_file() and before.is_file() and before.read_bytes() == content
    if known:
        shutil.copyfile(earlier, target)
    else:
        target.write_bytes(WAYS[way](content))
    shutil.copystat(path, target)
    return not known


def main(target: str, earlier: str = "/nonexistent") -> None:
    """Compress what is worth it below the folder ``target``; ``earlier`` is that of the release before."""
    folder, before = Path(target), Path(earlier)
    chosen = [path for path in folder.rglob("*") if path.suffix in TEXT and path.is_file()]
    chosen = [path for path in chosen if path.stat().st_size >= SMALLEST]
    jobs = [(path, before / path.relative_to(folder), way) for path in chosen for way in WAYS]
    with ThreadPoolExecutor() as pool:
        print(sum(pool.map(lambda job: compress(*job), jobs)))


if __name__ == "__main__":
    main(*sys.argv[1:])
