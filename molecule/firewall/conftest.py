"""Hosts are reached over TCP."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from network import address, ansible, login, run  # noqa: F401 (where it lies is said above)
