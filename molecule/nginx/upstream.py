"""An application for the tests: it answers with the request that it got, over a Unix socket that its group may use."""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer


class Mirror(BaseHTTPRequestHandler):
    """Answers with what it was asked, on which connection, and with the headers in `X-Answer` (JSON).

    A number among them is a value of so many bytes, and `Status` is the status. `served` counts the requests so far.

    `/die` kills it, `/die/NAME` only that of this name.
    """

    protocol_version = "HTTP/1.1"
    served = 0

    def setup(self):
        """Name the connection."""
        super().setup()
        self.name = time.monotonic_ns()

    def do_GET(self):  # the name that http.server looks for
        """Send method, path and headers back."""
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path in ("/die", f"/die/{Path(sys.argv[1]).stem}"):
            print(self.command, self.path, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        Mirror.served += 1
        told = {"path": self.path, "headers": dict(self.headers), "server": sys.argv[1], "served": Mirror.served}
        body = json.dumps({**told, "connection": self.name}).encode()
        headers = {"Content-Type": "text/html"} | json.loads(self.headers["X-Answer"] or "{}")
        self.send_response(int(headers.pop("Status", 200)))
        for name, value in headers.items():
            self.send_header(name, "x" * value if isinstance(value, int) else value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        """Say nothing: a client on a Unix socket has no address to log."""


os.umask(0o007)
ThreadingUnixStreamServer(sys.argv[1], Mirror).serve_forever()
