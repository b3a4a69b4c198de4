"""Pages of the guestbook."""

from django.contrib import admin
from django.urls import path
from entries.views import entry_list

urlpatterns = [path("", entry_list, name="entries"), path("admin/", admin.site.urls)]
