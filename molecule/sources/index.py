"""A package index that wants a name and a password: the folders of the working directory, on port 8088."""

import base64
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

KEY = "Basic " + base64.b64encode(b"team:a b@c").decode()


class Index(SimpleHTTPRequestHandler):
    """Serves whoever says the password."""

    def do_GET(self):  # the name that http.server looks for
        """Answer 401 without the password."""
        if self.headers["Authorization"] != KEY:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()
        else:
            super().do_GET()


ThreadingHTTPServer(("127.0.0.1", 8088), Index).serve_forever()
