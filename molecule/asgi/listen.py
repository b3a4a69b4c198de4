"""Say something on a WebSocket, print the answer, and with `wait` how long the socket stayed open and why it closed."""

import json
import socket
import ssl
import sys
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

context = ssl.create_default_context(cafile="/etc/ssl/groundcrew/ca/ca.pem")
stream = socket.create_connection(("127.0.0.1", 443))
with connect("wss://chat.example.org/echo", sock=stream, ssl=context, server_hostname="chat.example.org") as echo:
    echo.send("hello")
    result = {"answer": echo.recv(timeout=10)}
    if "wait" in sys.argv:
        print("open", flush=True)
        try:
            echo.recv(timeout=1200)
        except ConnectionClosed as closed:
            result |= {"code": closed.rcvd and closed.rcvd.code, "at": time.time()}
    print(json.dumps(result), flush=True)
