"""Work that a visitor does not wait for."""

from celery import shared_task

from .models import Entry


@shared_task
def count_words(entry_id):
    """Store the number of words (int) of an entry and return it."""
    entry = Entry.objects.get(pk=entry_id)
    entry.words = len(entry.text.split())
    entry.save(update_fields=["words"])
    return entry.words
