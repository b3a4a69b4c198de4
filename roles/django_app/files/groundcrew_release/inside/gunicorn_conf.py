"""Print as JSON what a project's own configuration of Gunicorn says: `python - PATH`.

Each of Gunicorn's settings by name: text, number, list and dictionary as they are, a hook as "function". A file that
does not load ends in one sentence on standard error and exit status 3.
"""

import json
import os
import sys
import traceback
import types
from importlib.machinery import SourceFileLoader


def main(path: str) -> None:
    """Load the file as Gunicorn does, from the working directory of the release."""
    from gunicorn.config import KNOWN_SETTINGS

    sys.path.insert(0, "")
    loader = SourceFileLoader("gunicorn_conf", path)
    module = types.ModuleType(loader.name)
    module.__file__ = path
    try:
        loader.exec_module(module)
    except Exception as error:
        traceback.print_exception(error)
        print(f"The project's {os.path.relpath(path)} does not load: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(3)
    names = {setting.name for setting in KNOWN_SETTINGS}
    said = {name: value for name, value in vars(module).items() if name in names}
    print(json.dumps({name: "function" if callable(value) else value for name, value in said.items()}, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
