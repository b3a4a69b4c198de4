"""Read requests, one JSON object a line; answer each with what Django makes of the overlay and that project."""

import importlib
import json
import os
import sys
import warnings

from django.conf import Settings

sys.dont_write_bytecode = True
warnings.simplefilter("ignore")


def load():
    for name in list(sys.modules):
        if name.partition(".")[0] in ("groundcrew_settings", "shop", "configurations", "uvicorn"):
            del sys.modules[name]
    importlib.invalidate_caches()
    try:
        settings = vars(Settings("groundcrew_settings"))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    report = sys.modules["groundcrew_settings"].report()
    project = {name: value for name, value in vars(sys.modules["shop.settings"]).items() if name.isupper()}
    types = {name: type(value).__name__ for name, value in settings.items()}
    return {"settings": settings, "types": types, "project": project, "report": report, "error": None}


for line in sys.stdin:
    request = json.loads(line)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path.insert(0, request["folder"])
    print(json.dumps(load(), default=str), flush=True)
    sys.path.remove(request["folder"])
