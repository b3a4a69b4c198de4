"""What is known of the releases of an application: their records, and the log of what happened to them.

`releases/ID/release.json` says what was built, and is written last: a folder without it is no release.
`deploys.jsonl` has a line for each time that a release took traffic (`good`), failed to (`bad`), or was left by a
rollback (`left`): it stays on disk and may be gone forward to, but a rollback never chooses it by itself.
"""

import datetime
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from . import host, private, rootfs
from .application import Application

Record = dict[str, Any]
LATEST = 60  # lines of the log, at least, whose releases are listed after they were removed


def now() -> str:
    """Return the present time as records have it, such as 2026-11-26T13:50:00+00:00."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def serving(application: Application) -> str:
    """Return the release behind `current`, "" when there is none."""
    try:
        return application.current.readlink().name
    except OSError:
        return ""


def read(application: Application, release: str) -> Record | None:
    """Return the record of a release, None when there is no release of this name."""
    try:
        record: Record = json.loads((application.release(release) / "release.json").read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    return record


def write(application: Application, release: str, record: Record) -> list[str]:
    """Make a folder a release: from here on it never changes, and the application may read it and no more.

    Root gets all of it, its static files are joined by those of the releases before, and the record is written last.
    Returns sentences of what was left out.
    """
    folder = application.release(release)
    # First: who owns a folder may exchange what root is about to write for a link.
    hand_over(application, folder)
    gone = untie(folder)
    bridge(application, release)
    hand_over(application, folder / "static")
    private.protect(application, folder)
    gid = host.user(application.name)[1]
    host.write(folder / "release.json", json.dumps(record, indent=2) + "\n", gid, 0o640)
    more = f" and {len(gone) - 3} more" if gone[3:] else ""
    said = f"Links among the static files that lead out of the release were left out: {', '.join(gone[:3])}{more}."
    return [said] if gone else []


def hand_over(application: Application, path: Path) -> None:
    """Give a folder with all that is in it to root, and to the application's group, which can write nothing in it."""
    subprocess.run(["chown", "--recursive", "--no-dereference", f"root:{application.name}", path], check=True)
    subprocess.run(["chmod", "--recursive", "go-w", path], check=True)


def untie(release: Path) -> list[str]:
    """Put what they lead to in the place of links among the static files of a release (its folder), which root has.

    Nginx is in the group of each application, and would follow one to the files of another. Returns those that lead
    out of code and static files: they are removed.
    """
    top, gone = release.resolve(), list[str]()
    static, root = top / "static", top / "rootfs"
    known = (static, top / "source", top / "venv", root)
    for place, folders, files in os.walk(static):
        for path in (Path(place, name) for name in folders + files):
            if not path.is_symlink():
                continue
            target, found = os.fspath(path.readlink()), Path(os.path.realpath(path))
            if target.startswith("/") and root.is_dir() and not found.is_relative_to(top):
                # A path of the image.
                found = rootfs.chase(root, target)
            path.unlink()
            inside = any(found.is_relative_to(one) for one in known) and not path.is_relative_to(found)
            if inside and found.is_dir():
                shutil.copytree(found, path, symlinks=True, copy_function=os.link)
            elif inside and found.is_file():
                os.link(found, path)
            else:
                gone.append(str(path.relative_to(static)))
    return sorted(gone)


def bridge(application: Application, release: str) -> None:
    """Hard-link the static files of the other releases into this one, where it has none of that name.

    A page that was rendered before the switch still finds the hashed files that it names.
    """
    static, listed = application.release(release) / "static", application.release(release) / "static.txt"
    own = {str(path.relative_to(static)) for path in static.rglob("*") if path.is_file()}
    # A name may be any bytes, but for NUL.
    host.remove(listed)
    listed.write_bytes(os.fsencode("".join(f"{name}\0" for name in sorted(own))))
    for listing in application.releases.glob("*/static.txt"):
        text = os.fsdecode(listing.read_bytes())
        for relative in text.split("\0" if "\0" in text else "\n"):
            source, link = listing.parent / "static" / relative, static / relative
            # What was compressed belongs to the file that it was made from.
            mine = relative.removesuffix(".gz").removesuffix(".br") in own
            # A link of an earlier engine's release may lead anywhere.
            plain = source.is_file() and source.resolve() == (listing.parent / "static").resolve() / relative
            if relative and not mine and plain and not link.exists():
                link.parent.mkdir(parents=True, exist_ok=True)
                os.link(source, link)


def deploys(application: Application) -> list[Record]:
    """Return the lines of the log, oldest first; a line that a crash cut off is left out."""
    path = application.home / "deploys.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def log(application: Application, *lines: Record) -> None:
    """Append lines to the log, all or none of them.

    A line is {id, result, by, seconds} and perhaps reason, version, revision and more; a release that was built knows
    its own version and revision.
    """
    text = ""
    for line in lines:
        built = read(application, line["id"]) or {}
        own = {key: built[key] for key in ("version", "revision") if key in built}
        text += json.dumps({"version": "", "revision": "", "time": now(), "reason": ""} | line | own) + "\n"
    path = application.home / "deploys.jsonl"
    with path.open("a+b") as file:
        # A line that a crash cut off ends here, so that it spoils no other.
        cut = file.tell() > 0 and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
        file.write(("\n" * cut + text).encode())
        file.flush()
        os.fsync(file.fileno())


def results(application: Application) -> dict[str, Record]:
    """Return the last line of the log for each release, the release that has the newest line last."""
    found: dict[str, Record] = {}
    for line in deploys(application):
        found.pop(line["id"], None)
        found[line["id"]] = line
    return found


def is_good(application: Application, release: str) -> bool:
    """Say whether the last that is known of a release is that it took traffic, and that its activation has ended."""
    attempt = unfinished(application) / "attempt.json"
    if attempt.exists() and json.loads(attempt.read_text())["id"] == release:
        return False
    return results(application).get(release, {}).get("result") == "good"


def unfinished(application: Application) -> Path:
    """Return the folder of an activation that has begun and not ended; see activate.py."""
    return application.home / "activation"


def last_good(application: Application, but: str = "") -> str:
    """Return the release on disk that took traffic last, other than `but`; "" when there is none."""
    good = [name for name, line in results(application).items() if line["result"] == "good"]
    return next((name for name in reversed(good) if name != but and read(application, name)), "")


def releases(application: Application) -> list[Record]:
    """Return the records of all releases on disk, newest first, each with what happened to it.

    `state` is current, previous, good, bad, left or built; `deployed`, `seconds` and `reason` are of its last line in
    the log; `migration_names` is a text; `disk` is True.
    """
    current, logged = serving(application), results(application)
    previous = last_good(application, but=current)
    found = []
    for path in application.releases.glob("*/release.json"):
        record = json.loads(path.read_text())
        name, last = record["id"], logged.get(record["id"], {})
        leaves = record.get("django", {}).get("migrations", {})
        state = "current" if name == current else "previous" if name == previous else last.get("result", "built")
        found.append(
            record
            | {"state": state, "disk": True, "deployed": last.get("time", ""), "by": last.get("by", record["by"])}
            | {"seconds": last.get("seconds", 0), "reason": last.get("reason", "")}
            | {"migration_names": ", ".join(f"{label}.{name}" for label, names in leaves.items() for name in names)}
        )
    order = list(logged)
    # By the log where it knows both: its times are in whole seconds.
    return sorted(
        found,
        key=lambda one: (one["deployed"] or one["built"], order.index(one["id"]) if one["id"] in logged else -1),
        reverse=True,
    )


def listed(application: Application) -> list[Record]:
    """Return all releases on disk, newest first, then what the log knows of those that are gone: bad or removed."""
    found = releases(application)
    known = {record["id"] for record in found}
    gone = [line for name, line in results(application).items() if name not in known][-LATEST:]
    return found + [
        line
        | {"state": "bad" if line["result"] == "bad" else "removed", "deployed": line["time"]}
        | {"migration_names": "", "disk": False}
        for line in reversed(gone)
    ]


def prune(application: Application) -> list[str]:
    """Remove releases and dumps that nobody needs any more, and what died half built; return their names.

    Kept are the current and the previous release, the newest `keep_releases` that are not bad, and what was built after
    the current one was: a rollback leaves the way forward. The newest `keep_releases` dumps stay as well.
    """
    found, keep = releases(application), application.keep_releases
    built = next((record["built"] for record in found if record["state"] == "current"), "")
    fine = [record for record in found if record["state"] != "bad"]
    kept = {record["id"] for record in found if record["state"] in ("current", "previous")}
    kept |= {record["id"] for record in fine[:keep]}
    kept |= {record["id"] for record in fine if built and record["built"] > built}
    gone = sorted(path.name for path in application.releases.iterdir() if path.name not in kept)
    for name in gone:
        host.remove(application.release(name))
        host.remove(application.drop_in(name))
    dumps = sorted(application.dumps.glob("*.dump"))
    # Those of one build begin with the same time and release.
    moments = sorted({dump.name.partition(".")[0] for dump in dumps})
    moments = moments[max(0, len(moments) - keep) :]
    for dump in dumps:
        if dump.name.partition(".")[0] not in moments:
            dump.unlink()
            gone.append(dump.name)
    return gone


def site(application: Application, record: Record) -> Record:
    """Return what Nginx must know to serve a release: {static: {url: folder}, media: {url: folder}, hsts: header}.

    `static` and `media` of the application win over what the record says. A release that collected no static files
    serves them itself, as with WhiteNoise. Nginx serves what a CDN fetches: `cdn_url` of
    the release, which the record has when it was built with one, is cut off its STATIC_URL.
    """
    django = record.get("django", {})
    origin = record.get("cdn_url", application.cdn_url).rstrip("/")
    static, media = django.get("static_url", "").removeprefix(origin), django.get("media_url", "")
    # "/" alone is the whole site.
    collected = record.get("collected", True) and static.startswith("/") and static != "/"
    own_static = {static: f"{application.current}/static"} if collected else {}
    own_media = {media: str(application.media_folder)} if media.startswith("/") and media != "/" else {}
    return {
        "static": dict(application.static) or own_static,
        "media": dict(application.media) or own_media,
        "hsts": django.get("hsts", ""),
    }


def sessions(record: Record) -> bool:
    """Say whether a release keeps sessions in the database, which have to be cleared."""
    return bool(record.get("django", {}).get("sessions"))
