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
    """Say back what was said, with the generation."""

    async def receive(self, text_data=None, **binary):
        """Answer one message."""
        await self.send(f"{text_data or binary} {os.environ['GENERATION']}")


urlpatterns = [path("", read), path("write", read), path("slow", slow), path("database", database)]
