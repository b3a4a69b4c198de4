"""Say which migrations the database has that an older release does not know; runs in the release that serves.

    python - '{"shop": ["0003_price"], ...}'

The argument holds the last migrations of each application in the older release. Prints a JSON list, empty when that
release fits the database as it is: ``command`` undoes what is too much, ``irreversible`` names what cannot be undone.
"""

import json
import sys
from typing import Any


def find_commands(leaves: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return [{command: str, irreversible: [str]}] that take the database back to ``leaves``."""
    import django
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
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
                migration.app_label, {"command": f"migrate {migration.app_label} {name}", "irreversible": []}
            )
            if not all(operation.reversible for operation in migration.operations):
                command["irreversible"].append(f"{migration.app_label}.{migration.name}")
    return list(commands.values())


if __name__ == "__main__":
    print(json.dumps(find_commands(json.loads(sys.argv[1]))))
