#!/usr/bin/env python3
"""Ask a release for a page, over its own socket, until it answers well or time is up.

    probe.py --unit UNIT --host NAME [--socket PATH | --release ID] [--path /] [--timeout SECONDS] [STATUS ...]

The request carries the Host and X-Forwarded-Proto that Nginx will send: without the first Django answers 400,
without the second 301. With `--release` it goes to the HTTPS server of this host instead, and that release must be
the one that answers. Three good answers in a row pass. A failure names its class and prints the last lines of the
unit's journal; exit status 1.
"""

import argparse
import http.client
import socket
import ssl
import subprocess
import sys
import time

GOOD_IN_A_ROW = 3
PAUSE = 0.2  # seconds between two questions
STUBBORN = 5  # seconds of one wrong answer that end the wait

# What the journal says, and what that means; the first that is found counts.
CAUSES = [
    ("ImproperlyConfigured", "the settings are not complete"),
    ("ModuleNotFoundError", "a module that it imports is not installed"),
    ("ImportError", "the application does not import"),
    ("SyntaxError", "the application does not compile"),
    ("OperationalError", "the database refuses it"),
    ("ProgrammingError", "the database lacks what it asks for"),
    ("MemoryError", "it ran out of memory"),
    ("Worker failed to boot", "the application does not import"),
]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket (https://docs.python.org/3/library/http.client.html)."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        """Connect to the path instead of a host and a port."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class LocalConnection(http.client.HTTPConnection):
    """HTTPS to this host under the name of the site; whether visitors trust the certificate is not asked here."""

    def connect(self):
        """Connect to this host whatever the name resolves to."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", 443), self.timeout)
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


def ask(path, host, page, timeout):
    """Return (status: int, location: str, release: str) of one GET; raises OSError or HTTPException."""
    connection = UnixConnection(path, timeout) if path else LocalConnection(host, timeout=timeout)
    headers = {
        "Host": host,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "127.0.0.1",
        "User-Agent": "groundcrew-probe",
    }
    try:
        connection.request("GET", page, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("Location", ""), response.getheader("X-Release", "")
    finally:
        connection.close()


def systemctl(unit, name):
    """Return a property of the unit (str)."""
    command = ["systemctl", "show", "--value", f"--property={name}", unit]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def judge(status, location, host, page, accepted):
    """Return what is wrong with an answer (str), "" when it is good."""
    if location.rstrip("/") == f"https://{host}{page}".rstrip("/"):
        return f"it redirects {page} to itself: it does not trust X-Forwarded-Proto"
    if status in accepted or (not accepted and status < 500 and status != 400):
        return ""
    if status == 400:
        return f"it answers 400: {host} is not in its ALLOWED_HOSTS"
    return f"it answers {status} for {page}"


def journal(unit):
    """Return the last lines (str) of the unit: the cause of a failure may stand before many repetitions."""
    command = ["journalctl", "--unit", unit, "--lines", "300", "--output", "cat", "--no-pager"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def main():
    """Probe until good or late; explain a failure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unit", required=True)
    parser.add_argument("--socket", default="")
    parser.add_argument("--release", default="")
    parser.add_argument("--host", required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("status", type=int, nargs="*")
    options = parser.parse_args()

    start, good, reason, since = time.monotonic(), 0, "", 0.0
    while good < GOOD_IN_A_ROW:
        left = options.timeout - (time.monotonic() - start)
        if left <= 0:
            reason = f"no good answer within {options.timeout:.0f} s" + (f": {reason}" if reason else "")
            break
        before = reason
        try:
            status, location, release = ask(options.socket, options.host, options.path, min(left, 30))
            reason = judge(status, location, options.host, options.path, options.status)
            if not reason and options.release and release != options.release:
                reason = f"release {release or '(none)'} answers"
        except TimeoutError:
            reason = "it does not answer in time"
        except (OSError, http.client.HTTPException) as error:
            reason = f"it does not listen ({type(error).__name__})"
            if int(systemctl(options.unit, "NRestarts") or 0) > 1:
                reason = "it ends as soon as it starts"
                break
        else:
            # A wrong answer that stays wrong will not mend itself; 503 may say that it still warms up.
            since = since if reason and reason == before else time.monotonic()
            if reason and status != 503 and time.monotonic() - since > STUBBORN:
                break
        good = 0 if reason else good + 1
        if reason:
            time.sleep(PAUSE)
    if not reason:
        print(f"good after {time.monotonic() - start:.1f} s")
        return
    words = journal(options.unit)
    cause = next((meaning for sign, meaning in CAUSES if sign in words), "")
    print(f"{reason[0].upper()}{reason[1:]}{': ' + cause if cause else ''}. Its last words:")
    print("\n".join(words.splitlines()[-30:]))
    sys.exit(1)


if __name__ == "__main__":
    main()
