"""Users and groups that a host has already: an application takes over nobody's."""

from __future__ import annotations

from collections.abc import Iterable

SHELLS = ("/nologin", "/false")


def strangers(answer: str, names: Iterable[str]) -> list[str]:
    """Return a sentence for each name that is somebody else's.

    `answer` is what `getent passwd NAMES` and `getent group NAMES` print; it ends without a word where nobody is.
    """
    rows = [line.strip().split(":") for line in answer.splitlines()]
    users = {row[0]: (row[5], row[6]) for row in rows if len(row) == 7}
    groups = {row[0]: row[3] for row in rows if len(row) == 4}
    found = []
    for name in dict.fromkeys(names):
        home, shell = users.get(name, ("", ""))
        if name in users and (home != f"/srv/{name}" or not shell.endswith(SHELLS)):
            found.append(
                f"The host has a user `{name}` (home {home}, shell {shell}), whom no application made: "
                "the application would take that user over. Give it another `name`."
            )
        elif name in groups and name not in users:
            members = f" with {groups[name]}" if groups[name] else ""
            found.append(
                f"The host has a group `{name}`{members} and no such user: the application would have what the group "
                f"may do. Give it another `name`, or remove the group if nobody needs it: groupdel {name}"
            )
    return found
