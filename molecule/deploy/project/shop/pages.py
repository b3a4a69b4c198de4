"""A page that reads, one that writes, one that is slow."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from django.templatetags.static import static
from django.urls import path

from .models import Visit


def read(request):
    """Tell the generation, the number of rows and the name of the style sheet."""
    if settings.BROKEN == "error":
        raise RuntimeError("this release answers 500")
    if settings.BROKEN == "switched" and Path("/srv/shop/current").readlink().name == os.environ["RELEASE"]:
        raise RuntimeError("this release answers 500 as soon as visitors ask")
    return HttpResponse(f"generation {settings.GENERATION} rows {Visit.objects.count()} {static('style.css')}")


def write(request):
    """Store a row and tell its number."""
    return HttpResponse(f"row {Visit.objects.create().pk}")


def slow(request):
    """Take two seconds, as a report does."""
    time.sleep(2)
    return HttpResponse("slow")


urlpatterns = [path("", read), path("write", write), path("slow", slow)]
