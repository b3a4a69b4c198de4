"""The form under the guestbook."""

from django import forms

from .models import Entry


class EntryForm(forms.ModelForm):
    """Name, text and a picture."""

    class Meta:
        model = Entry
        fields = ["name", "text", "picture"]
