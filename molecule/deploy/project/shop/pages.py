"""A page that reads, one that writes, one that signs, one that is slow, and one about who asks."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.core import signing
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


def sign(request):
    """Sign a cookie, as a session does; one that comes back with another signature is refused."""
    if settings.BROKEN == "signed":
        raise RuntimeError("this release answers 500 for one of its pages")
    answer = HttpResponse("signed")
    try:
        count = signing.loads(request.COOKIES["count"]) if "count" in request.COOKIES else 0
    except signing.BadSignature:
        return HttpResponse(status=401)
    answer.set_cookie("count", signing.dumps(count + 1))
    return answer


def slow(request):
    """Take two seconds, as a report does."""
    time.sleep(2)
    return HttpResponse("slow")


def address(request):
    """Tell who asks, and how; what was sent stays unread."""
    return HttpResponse(f"{request.META['REMOTE_ADDR']} {request.scheme} {len(request.META.get('HTTP_COOKIE', ''))}")


urlpatterns = [path("", read), path("write", write), path("signed", sign), path("slow", slow), path("address", address)]
