"""A page that waits without holding a thread, and a socket that says back what it hears."""

import asyncio
import os

from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import HttpResponse
from django.urls import path


async def read(request):
    """Tell the generation."""
    return HttpResponse(f"generation {os.environ['GENERATION']}")


async def slow(request):
    """Take three seconds, as a long poll does."""
    await asyncio.sleep(3)
    return HttpResponse("slow")


class Echo(AsyncWebsocketConsumer):
    """Say back what was said, with the generation."""

    async def receive(self, text_data=None, **binary):
        """Answer one message."""
        await self.send(f"{text_data or binary} {os.environ['GENERATION']}")


urlpatterns = [path("", read), path("write", read), path("slow", slow)]
