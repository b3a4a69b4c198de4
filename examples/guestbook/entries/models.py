"""What visitors leave behind."""

from django.db import models


class Entry(models.Model):
    """A line in the guestbook, with a picture if the visitor wants."""

    name = models.CharField(max_length=80)
    text = models.TextField(max_length=2000)
    picture = models.ImageField(upload_to="pictures/%Y/", blank=True)
    words = models.PositiveIntegerField(null=True, editable=False)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-written"]
        verbose_name_plural = "entries"

    def __str__(self):
        return f"{self.name}: {self.text[:40]}"
