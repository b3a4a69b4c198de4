"""A page that waits without holding a thread, and a socket that says back what it hears."""

import asyncio
import os

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import connection
from django.http import HttpResponse
from django.urls import path


async def read(request):
    """Tell the generation."""
    return HttpResponse(f"generation {os.environ['GENERATION']}")


async def slow(request):
    """Take three seconds, as a long poll does."""
    await asyncio.sleep(3)
    return HttpResponse("slow")


def ask():
    """Say whom the database takes this application for, and how long it holds the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        pool = connection.settings_dict["OPTIONS"].get("pool")
        return f"{cursor.fetchone()[0]}, {connection.settings_dict['CONN_MAX_AGE']} s, pool {pool}"


async def database(request):
    """Ask the database in a thread, as asynchronous code has to."""
    return HttpResponse(await sync_to_async(ask)())


class Echo(AsyncWebsocketConsumer):
    """Say back what was said, with the generation, by way of the channel layer."""

    async def receive(self, text_data=None, **binary):
        """Hand on one message."""
        text = f"{text_data or binary} {os.environ['GENERATION']}"
        await self.channel_layer.send(self.channel_name, {"type": "tell", "text": text})

    async def tell(self, event):
        """Answer with what came over the channel layer."""
        await self.send(event["text"])


urlpatterns = [
    path("", read),
    path("write", read),
    path("signed", read),
    path("slow", slow),
    path("database", database),
]
