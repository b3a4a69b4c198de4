"""The one page of the guestbook, and its icon."""

from django.core.cache import cache
from django.shortcuts import redirect, render
from django.templatetags.static import static

from .forms import EntryForm
from .models import Entry


def entry_list(request):
    """Show the last entries and take a new one."""
    form = EntryForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        cache.delete("signed")
        return redirect("entries")
    signed = cache.get_or_set("signed", Entry.objects.count)
    return render(request, "entries/list.html", {"entries": Entry.objects.all()[:50], "form": form, "signed": signed})


def icon(_request):
    """Lead browsers to it that look for one by themselves, as in the admin."""
    return redirect(static("entries/icon.svg"))
