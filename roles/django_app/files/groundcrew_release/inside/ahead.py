"""Say which migrations the databases have that an older release does not know; runs in the release that serves.

    python - '{"shop": ["0003_price"], ...}' ALIAS...

The first argument holds the last migrations of each application in the older release, the others are the databases that
are migrated. Prints a JSON list, empty when that release fits the databases as they are: ``command`` undoes what is too
much, ``irreversible`` names what cannot be undone.
"""

import json
import sys
from typing import Any


def find_commands(leaves: dict[str, list[str]], alias: str) -> list[dict[str, Any]]:
    """Return [{command: str, irreversible: [str]}] that take a database back to ``leaves``."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[alias])
    option = "" if alias == "default" else f" --database={alias}"
    applied = {label for label, _ in executor.loader.applied_migrations}
    targets: list[tuple[str, str | None]] = [(label, name) for label, names in leaves.items() for name in names]
    targets += [(label, None) for label in sorted(applied & executor.loader.migrated_apps - set(leaves))]
    commands: dict[str, dict[str, Any]] = {}
    for migration, backwards in executor.migration_plan(
        [t for t in targets if t[1] is None or t in executor.loader.graph.nodes]
    ):
        if backwards:
            name = next((name for label, name in targets if label == migration.app_label and name), "zero")
            command = commands.setdefault(
                migration.app_label, {"command": f"migrate {migration.app_label} {name}{option}", "irreversible": []}
            )
            if not all(operation.reversible for operation in migration.operations):
                where = f" (database {alias})" if option else ""
                command["irreversible"].append(f"{migration.app_label}.{migration.name}{where}")
    return list(commands.values())


def main(leaves: str, *aliases: str) -> None:
    """Print the commands for all databases; a project without any has Django's dummy in its place."""
    import django

    django.setup()
    from django.db import connections

    known = [alias for alias in aliases if connections[alias].vendor != "unknown"]
    print(json.dumps([one for alias in known for one in find_commands(json.loads(leaves), alias)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
