"""Say whether Django signs with the key of its environment, and accepts the further ones: `python -`.

Prints {"signs": bool, "accepts": bool}; no key is in it.
"""

import json
import os


def main() -> None:
    """Compare settings and environment."""
    import django
    from django.conf import settings

    django.setup()
    key = os.environ.get("DJANGO_SECRET_KEY") or os.environ.get("SECRET_KEY")
    further = [one for one in os.environ.get("DJANGO_SECRET_KEY_FALLBACKS", "").split(",") if one]
    accepted = list(getattr(settings, "SECRET_KEY_FALLBACKS", []))
    print(json.dumps({"signs": key == settings.SECRET_KEY, "accepts": accepted == further}))


if __name__ == "__main__":
    main()
