"""How the controller asks git: without a question to anybody, and with an end."""

from __future__ import annotations

import os

PATIENCE = 30  # seconds


def environment() -> dict[str, str]:
    """Return the environment of a git that asks nobody for a password and says in English what is wrong."""
    ssh = f"ssh -o BatchMode=yes -o ConnectTimeout={PATIENCE}"
    return {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_SSH_COMMAND": ssh}
