"""The one page of the guestbook."""

from django.shortcuts import redirect, render

from .forms import EntryForm
from .models import Entry


def entry_list(request):
    """Show the last entries and take a new one."""
    form = EntryForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("entries")
    return render(request, "entries/list.html", {"entries": Entry.objects.all()[:50], "form": form})
