#!/usr/bin/env python3
"""Keep the releases of one application in order, below its home such as /srv/shop.

    releases.py HOME record ID FACTS   let ID serve the static files of the releases before, too, hand it to root, and
                                       record it with its FACTS (JSON)
    releases.py HOME log KEEP ID RESULT BY VERSION REVISION [REASON]     RESULT is good or bad; after a good one remove
                                       the releases and dumps of the database that nobody needs any more, and print them
    releases.py HOME list              a JSON list, newest first, with those that are removed by now

`releases/ID/release.json` says what was built, and is written last: a folder without it is no release.
`deploys.jsonl` says what happened to it, a line for each time that it took traffic or failed to.
"""

import datetime
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path


def read_deploys(home):
    """Return the deploys (list of dict, oldest first) that were logged."""
    path = home / "deploys.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def read_releases(home):
    """Return the releases (list of dict, newest first) with ``state``: current, previous, good, bad or built."""
    current = (home / "current").resolve().name
    deploys = read_deploys(home)
    good = [deploy["id"] for deploy in deploys if deploy["result"] == "good"]
    previous = next((name for name in reversed(good) if name != current), None)
    releases = []
    for path in (home / "releases").glob("*/release.json"):
        release = json.loads(path.read_text()) | {"disk": True}
        last = next((d for d in reversed(deploys) if d["id"] == release["id"]), {})
        release["deployed"] = last.get("time", "")
        release["seconds"] = last.get("seconds", 0)
        release["reason"] = last.get("reason", "")
        leaves = release["django"].get("migrations", {})
        release["migration_names"] = ", ".join(f"{label}.{n}" for label, names in leaves.items() for n in names)
        release["state"] = (
            "current"
            if release["id"] == current
            else "bad"
            if last.get("result") == "bad"
            else "previous"
            if release["id"] == previous
            else "good"
            if last
            else "built"
        )
        releases.append(release)
    return sorted(releases, key=lambda release: release["deployed"] or release["built"], reverse=True)


def read_removed(home, releases):
    """Return what the log knows (list of dict, newest first) of releases that are not on disk, bad or removed."""
    deploys = {deploy["id"]: deploy for deploy in read_deploys(home)}
    known = {release["id"] for release in releases}
    return [
        {"version": "", "revision": ""}
        | deploy
        | {"state": "bad" if deploy["result"] == "bad" else "removed", "deployed": deploy["time"]}
        | {"migration_names": "", "disk": False}
        for deploy in sorted(deploys.values(), key=lambda deploy: deploy["time"], reverse=True)
        if deploy["id"] not in known
    ]


def bridge(home, name):
    """Hard-link the static files of the other releases into ``name``, where it has none of that name.

    A page that was rendered before the switch still finds the hashed files that it names.
    """
    static = home / "releases" / name / "static"
    own = sorted(str(path.relative_to(static)) for path in static.rglob("*") if path.is_file())
    (home / "releases" / name / "static.txt").write_text("\n".join(own) + "\n")
    for listing in (home / "releases").glob("*/static.txt"):
        for relative in listing.read_text().splitlines():
            source, link = listing.parent / "static" / relative, static / relative
            # What was compressed belongs to the file that it was made from.
            mine = relative.removesuffix(".gz").removesuffix(".br") in own
            if relative and not mine and source.is_file() and not link.exists():
                link.parent.mkdir(parents=True, exist_ok=True)
                os.link(source, link)


def record(home, name, facts):
    """Make ``name`` a release: from here on it never changes, and the application may read it and no more."""
    folder = home / "releases" / name
    bridge(home, name)
    subprocess.run(["chown", "--recursive", f"root:{home.name}", folder], check=True)
    part = folder / "release.part"
    part.write_text(json.dumps(json.loads(facts), indent=2) + "\n")
    part.chmod(0o640)
    shutil.chown(part, "root", home.name)
    part.rename(folder / "release.json")


def read_duration(home):
    """Return for how many seconds (float) the lock of this deploy is held."""
    unit = f"{home.name}-deploy-lock.service"
    command = ["systemctl", "show", "--value", "--property=ActiveEnterTimestampMonotonic", unit]
    start = int(subprocess.run(command, capture_output=True, text=True, check=False).stdout or 0)
    return round(time.monotonic() - start / 1e6, 1) if start else 0.0


def log(home, name, result, by, version, revision, reason=""):
    """Append a deploy to the log; a release that was built knows its own version."""
    record = home / "releases" / name / "release.json"
    built = json.loads(record.read_text()) if record.exists() else {"version": version, "revision": revision}
    line = {
        "version": built["version"],
        "revision": built["revision"],
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "id": name,
        "result": result,
        "by": by,
        "seconds": read_duration(home),
        "reason": reason,
    }
    with (home / "deploys.jsonl").open("a") as deploys:
        deploys.write(json.dumps(line) + "\n")


def prune(home, keep):
    """Remove all but the current, the previous and the newest ``keep`` (int) good releases, and what died half built.

    The newest ``keep`` snapshots stay as well.

    Returns the names (list of str) that went.
    """
    releases = read_releases(home)
    kept = {release["id"] for release in releases if release["state"] in ("current", "previous")}
    kept |= {release["id"] for release in [r for r in releases if r["state"] != "bad"][:keep]}
    gone = sorted(path.name for path in (home / "releases").iterdir() if path.name not in kept)
    for name in gone:
        shutil.rmtree(home / "releases" / name)
    for snapshot in sorted((home / "snapshots").glob("*.dump"))[:-keep]:
        snapshot.unlink()
        gone.append(snapshot.name)
    return gone


def main(home, verb, *arguments):
    """Run one of the verbs above."""
    home = Path(home)
    if verb == "record":
        record(home, *arguments)
    elif verb == "log":
        keep, name, result, *more = arguments
        log(home, name, result, *more)
        if result == "good":
            print("\n".join(prune(home, int(keep))))
    elif verb == "list":
        releases = read_releases(home)
        print(json.dumps(releases + read_removed(home, releases)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
