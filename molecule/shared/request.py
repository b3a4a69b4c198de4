"""Send HTTP requests that come as lines of JSON, print each answer as one. Runs on a test host, which has no curl."""

import base64
import json
import socket
import ssl
import sys
import traceback
from http.client import HTTPConnection
from urllib.parse import urlsplit


def send(request):
    """Send one request over a connection of its own and return the answer."""
    url = urlsplit(request["url"])
    tls = None
    if request["socket"]:
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(request["timeout"])
        stream.connect(request["socket"])
    else:
        port = url.port or (443 if url.scheme == "https" else 80)
        stream = socket.create_connection((request["connect"], port), request["timeout"])
    with stream:
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=request["ca"])
            if not request["ca"]:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            context.set_alpn_protocols(request["alpn"])
            stream = context.wrap_socket(stream, server_hostname=url.hostname)
            tls = {"version": stream.version(), "alpn": stream.selected_alpn_protocol()}
        with stream:
            connection = HTTPConnection(url.hostname, url.port)
            connection.sock = stream
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            headers = {"Host": url.netloc, **request["headers"]}
            connection.request(request["method"], target, base64.b64decode(request["body"]) or None, headers)
            answer = connection.getresponse()
            body = base64.b64encode(answer.read()).decode()
            return {"status": answer.status, "headers": answer.getheaders(), "body": body, "tls": tls}


for line in sys.stdin:
    try:
        said = send(json.loads(line))
    except Exception as error:
        said = {"error": traceback.format_exception_only(error)[-1].strip()}
    print(json.dumps(said), flush=True)
