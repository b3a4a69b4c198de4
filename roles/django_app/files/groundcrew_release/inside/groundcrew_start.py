"""What each Python of a release does when it starts (`groundcrew_project.pth`), so that all have the same settings.

Where a program of the project names its settings by force, `os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"` in
wsgi.py, celery.py or manage.py, the overlay stays chosen: the project's own would bring debugging and another database.
Where a class of django-configurations has the settings, they are found without the lines that its manual wants.
"""

import os
from contextlib import suppress
from importlib import import_module

KEY, OVERLAY = "DJANGO_SETTINGS_MODULE", "groundcrew_settings"


class Environment(type(os.environ)):
    """The environment, in which the project's settings do not take the place of the overlay that reads them."""

    def __setitem__(self, key, value):
        """Set a variable."""
        if (key, self.get(KEY), value) != (KEY, OVERLAY, self.get("GROUNDCREW_SETTINGS_MODULE")):
            super().__setitem__(key, value)


if os.environ.get(KEY) == OVERLAY:
    os.environ.__class__ = Environment
elif "DJANGO_CONFIGURATION" in os.environ:
    # Not yet installed, or never: Django says what is missing.
    with suppress(ImportError):
        import_module("configurations.importer").install()
