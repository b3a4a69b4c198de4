"""Settings, pages and faults of a project that exists to be deployed.

BROKEN=import, error, signed, boot or switched is one fault each; GENERATION tells releases of the same source apart;
MIGRATIONS names the package of the migrations: `migrations`, `more` of them, a `broken` or a `slow` one.
"""

import os
import sys
import time

BROKEN = os.environ.get("BROKEN", "")
GENERATION = os.environ.get("GENERATION", "")
SERVING = "groundcrew_server" in sys.modules  # in commands it is not

SECRET_KEY = "django-insecure-replaced-by-the-overlay"
INSTALLED_APPS = ["django.contrib.staticfiles", "shop"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
ROOT_URLCONF = "shop.pages"
WSGI_APPLICATION = "shop.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
MIGRATION_MODULES = {"shop": f"shop.{os.environ['MIGRATIONS']}"}

if BROKEN == "import" and SERVING:
    import nothing_of_that_name  # noqa: F401
if BROKEN == "boot" and SERVING:
    time.sleep(60)
