"""Print as JSON what Django says of the release that this runs in; the environment is the application's own.

The keys: ``django`` (version), ``python``, ``application`` (WSGI), ``asgi``, ``static_url``, ``static_root``,
``media_url``, ``media_root``, ``staticfiles`` (whether `collectstatic` exists), ``databases`` (engines by alias),
``debug``, and ``replaced`` (what the overlay replaced). A settings module that does not import ends in one
sentence on standard error and exit status 1.
"""

import json
import platform
import sys


def target(dotted):
    """Return ``package.module.callable`` as ``package.module:callable`` (str)."""
    module, _, name = (dotted or "").rpartition(".")
    return f"{module}:{name}" if module else ""


def main():
    """Import the settings and describe them."""
    import django
    from django.conf import settings

    try:
        settings.DEBUG  # noqa: B018 - imports the settings module
    except Exception as error:
        sys.exit(f"The settings {settings} do not import: {type(error).__name__}: {error}")
    overlay = sys.modules.get("groundcrew_settings")
    return {
        "django": django.get_version(),
        "python": platform.python_version(),
        "application": target(settings.WSGI_APPLICATION),
        "asgi": target(getattr(settings, "ASGI_APPLICATION", "")),
        "static_url": settings.STATIC_URL or "",
        "static_root": str(settings.STATIC_ROOT or ""),
        "media_url": settings.MEDIA_URL or "",
        "media_root": str(settings.MEDIA_ROOT or ""),
        "staticfiles": "django.contrib.staticfiles" in settings.INSTALLED_APPS,
        "databases": {alias: database.get("ENGINE", "") for alias, database in settings.DATABASES.items()},
        "debug": settings.DEBUG,
        "replaced": overlay.report() if overlay else [],
    }


if __name__ == "__main__":
    print(json.dumps(main()))
