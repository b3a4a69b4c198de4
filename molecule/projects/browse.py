"""Do in the admin what a person does: log in, and with Wagtail upload a picture. Prints what happened as JSON.

browse.py SITE LOGIN_PATH [UPLOAD_PATH]
"""

import base64
import http.cookiejar
import json
import re
import ssl
import sys
import urllib.parse
import urllib.request

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def main(site, login, upload=""):
    """Log in as ada, password `correct horse`, and upload a picture where a path for that is given."""
    context = ssl.create_default_context(cafile="/etc/ssl/groundcrew/ca/ca.pem")
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(jar)
    )

    def token(page):
        return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]

    page = browser.open(f"{site}{login}").read().decode()
    form = {"csrfmiddlewaretoken": token(page), "username": "ada", "password": "correct horse", "next": login}
    request = urllib.request.Request(f"{site}{login}", urllib.parse.urlencode(form).encode(), {"Referer": site})
    browser.open(request)
    result = {"session": next((c.value for c in jar if c.name == "sessionid"), "")}
    if upload:
        page = browser.open(f"{site}{upload}").read().decode()
        fields = {"csrfmiddlewaretoken": token(page), "title": "pixel", "collection": "1", "tags": ""}
        parts = [f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        head = 'Content-Disposition: form-data; name="file"; filename="pixel.png"\r\nContent-Type: image/png'
        body = "".join(parts).encode() + f"--b\r\n{head}\r\n\r\n".encode() + PIXEL + b"\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Referer": f"{site}{upload}"}
        result["uploaded"] = browser.open(urllib.request.Request(f"{site}{upload}", body, headers)).url
        result["media"] = browser.open(f"{site}/media/original_images/pixel.png").read() == PIXEL
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
