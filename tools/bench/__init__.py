"""What Groundcrew costs, beside other ways to do the same: `make bench`.

Processor time is compared, of the controller and of everything in the host, as the kernel counts them: it says the same
on a busy machine. Seconds of the clock stand beside it.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "tools" / "bench"
LOGS = ROOT / "logs"
