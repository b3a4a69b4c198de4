"""Visit the sites of a server once, as anybody may: systemd starts some services at the first visit only. Runs there.

Standard input has the program and, after it, a call of `main` with the names that its Nginx serves.
"""

from __future__ import annotations

import contextlib
import http.client
import json

PATIENCE = 20  # seconds


def main(names: list[str]) -> None:
    """Visit each name over HTTP at the server itself; what comes of it does not matter."""
    for name in names:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=PATIENCE)
            connection.request("GET", "/", headers={"Host": name})
            connection.getresponse().read()
    print("GROUNDCREW " + json.dumps({"visited": names}))
