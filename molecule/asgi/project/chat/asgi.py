"""What the server calls: pages for HTTP, the echo for WebSockets."""

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

pages = get_asgi_application()

from .pages import Echo  # noqa: E402 - Django is set up first

application = ProtocolTypeRouter({"http": pages, "websocket": URLRouter([path("echo", Echo.as_asgi())])})
