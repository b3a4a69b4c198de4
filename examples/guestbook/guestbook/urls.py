"""Pages of the guestbook."""

from django.contrib import admin
from django.urls import path
from entries.views import entry_list, icon

urlpatterns = [path("", entry_list, name="entries"), path("favicon.ico", icon), path("admin/", admin.site.urls)]
