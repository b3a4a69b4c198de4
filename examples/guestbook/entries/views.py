"""The one page of the guestbook, and its icon."""

from functools import partial

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.shortcuts import redirect, render
from django.templatetags.static import static

from .forms import EntryForm
from .models import Entry
from .served import served
from .tasks import count_words


def entry_list(request):
    """Show the last entries and take a new one."""
    form = EntryForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        entry = form.save()
        cache.delete("signed")
        # An entry stands though the queue is away: what is robust logs its failure.
        transaction.on_commit(partial(count_words.apply_async, [entry.pk], retry=False), robust=True)
        return redirect("entries")
    context = {
        "title": settings.TITLE,
        "entries": Entry.objects.all()[:50],
        "form": form,
        "signed": cache.get_or_set("signed", Entry.objects.count),
        "served": served(request),
    }
    return render(request, "entries/list.html", context)


def icon(_request):
    """Lead browsers to it that look for one by themselves, as in the admin."""
    return redirect(static("entries/icon.svg"))
