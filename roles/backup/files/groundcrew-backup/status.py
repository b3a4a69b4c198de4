"""How old the newest good backup is, and the newest proof that it can be restored."""

import time

from common import read_record

# One missed run is no alarm, two are.
OLDEST = {"backup": 2 * 86400, "drill": 15 * 86400}
TITLES = {"backup": "backup", "drill": "proved restore"}


def describe(kind, now):
    """Return a line (str) about the runs of ``kind``, and whether all is well (bool)."""
    record, title = read_record(kind), TITLES[kind]
    last, good = record.get("last", {}), record.get("good", {})
    age = now - good.get("time", 0)
    line = f"last {title}: {words(age)} ago, in {good['seconds']} s" if good else f"last {title}: never"
    if good.get("rows"):
        line += f", {sum(good['rows'].values()):,} rows in {len(good['rows'])} tables"
    for name, answer in good.get("migrations", {}).items():
        line += f"; migrations of {name}: {answer}"
    failed = last.get("result") == "failed"
    if failed:
        line += f"\n  FAILED {words(now - last['time'])} ago: {last['reason']}"
    elif good and age > OLDEST[kind]:
        line += f"\n  TOO OLD: it should be younger than {words(OLDEST[kind])}"
    # A drill that never was is to come within a week.
    return line, not failed and (age <= OLDEST[kind] if good else kind == "drill")


def words(seconds):
    """Return a duration (str) in its largest unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def show():
    """Print the status; return whether all is well (bool)."""
    lines = [describe(kind, time.time()) for kind in ("backup", "drill")]
    print("\n".join(line for line, _ in lines))
    return all(well for _, well in lines)
