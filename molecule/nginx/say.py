"""Say byte for byte what no proper client would, and print what came back and when the server hung up, as JSON.

say.py WAIT REQUEST [DRIP]: after the request (zlib, base64) a byte follows every second, if there is a DRIP of them.
"""

import base64
import contextlib
import json
import re
import socket
import ssl
import sys
import time
import zlib

wait, request, drip = float(sys.argv[1]), zlib.decompress(base64.b64decode(sys.argv[2])), (sys.argv[3:] or [""])[0]
context = ssl.create_default_context(cafile="/etc/ssl/groundcrew/ca/ca.pem")
stream = socket.create_connection(("127.0.0.1", 443))
stream = context.wrap_socket(stream, server_hostname="shop.example.org")
start, answer, open_still, drip = time.monotonic(), b"", True, drip.encode()
stream.settimeout(1)
try:
    # Who refuses a long request may hang up before it has read all of it: the answer is there nevertheless.
    with contextlib.suppress(OSError):
        stream.sendall(request)
    while open_still and time.monotonic() - start < wait:
        try:
            part = stream.recv(65536)
            answer, open_still = answer + part, bool(part)
        except TimeoutError:
            stream.sendall(drip[:1])
            drip = drip[1:]
except OSError:
    open_still = False
print(
    json.dumps(
        {
            "statuses": [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", answer)],
            "told": [json.loads(body) for body in re.findall(rb'{"path".*?"connection": \d+}', answer)],
            "seconds": round(time.monotonic() - start),
            "open": open_still,
        }
    )
)
