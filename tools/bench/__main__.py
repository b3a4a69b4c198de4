"""Measure what Groundcrew costs: `make bench`, or one section of it with `s=core`; `docs=yes` writes the page."""

import argparse
import datetime
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench import ROOT, core, figures, many, page, site
from bench.figures import Row, Section
from bench.hosts import build_image

SECTIONS: dict[str, Callable[[int, str], list[Row]]] = {
    "core": core.measured,
    "site": site.measured_site,
    "deploy": site.measured_deploy,
    "preflight": many.measured,
}


def machine() -> str:
    """Return what this machine is: cores, memory and kernel."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    processor = model[0].partition(": ")[2] if model else platform.machine()
    return (
        f"{os.cpu_count()} cores ({processor}), {memory:.0f} GB of memory, Linux {platform.release().partition('-')[0]}"
    )


def commit() -> str:
    """Return the commit of the tree, with a word when files differ from it."""
    git = ["git", "-C", str(ROOT)]
    name = subprocess.check_output([*git, "rev-parse", "--short", "HEAD"], text=True).strip()
    differs = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "roles", "plugins", "playbooks"], check=False)
    return f"{name} with changes" if differs.returncode else name


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"what to measure: {', '.join(SECTIONS)} (all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often (%(default)s)")
    parser.add_argument("--debian", choices=["12", "13"], default="12")
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    if unknown := [name for name in options.sections if name not in SECTIONS]:
        parser.error(f"There is no section {unknown[0]}: it is one of {', '.join(SECTIONS)}.")
    # The hosts go, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    build_image(options.debian)
    for name in options.sections or SECTIONS:
        print(f"\n{name}: seconds of processor time, and of the clock")
        rows = SECTIONS[name](options.rounds, options.debian)
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        section = Section(
            name, rows, options.rounds, today, commit(), machine(), options.debian, round(os.getloadavg()[2], 1)
        )
        print("\n" + page.table(section))
        if options.docs:
            # After each section: what was measured is not lost by what comes later.
            kept = {**figures.load(page.FIGURES), name: section}
            kept = {one: kept[one] for one in SECTIONS if one in kept}
            figures.store(page.FIGURES, kept)
            page.write(kept)


if __name__ == "__main__":
    main()
