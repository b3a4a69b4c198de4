"""A mail server that keeps what it gets: each mail is a file in the folder that is named."""

import itertools
import socketserver
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
NUMBERS = itertools.count()


class Sink(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self):
        """Say yes to everything, and keep what comes after DATA."""
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                part = FOLDER / f"{next(NUMBERS):03}.part"
                part.write_bytes(mail)
                part.rename(part.with_suffix(".mail"))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")


FOLDER.mkdir(exist_ok=True)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Sink).serve_forever()
