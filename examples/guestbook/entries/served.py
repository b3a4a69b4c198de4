"""What served the page: what the demo is there to show."""

import os
import socket

from django.conf import settings
from django.db import connection


def served(request):
    """Return what served a request, as pairs of text: what it is, and which one."""
    return [
        ("Release", os.environ.get("RELEASE", "none, this is a development server")),
        ("Server", f"{request.META.get('SERVER_SOFTWARE')}, process {os.getpid()} on {socket.gethostname()}"),
        ("Database", f"{connection.display_name}, {connection.settings_dict['NAME']}"),
        ("Sessions", settings.SESSION_ENGINE),
        ("Cache", settings.CACHES["default"]["BACKEND"]),
        ("Static files", settings.STORAGES["staticfiles"]["BACKEND"]),
        ("Uploads", settings.MEDIA_ROOT or "the folder of the project"),
    ]
