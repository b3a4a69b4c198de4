"""The key that Django signs with, and how it changes while nobody is logged out.

Every process has to accept a new key before the first one signs with it. So a change takes three steps, and a release
after each: `prepare` accepts the new key, `use` signs with it and accepts the old one, `finish` forgets the old one
(https://docs.djangoproject.com/en/stable/ref/settings/#secret-key-fallbacks).
"""

import re
import secrets
import string
from dataclasses import dataclass
from pathlib import Path

from . import host
from .application import Application
from .report import Result
from .steps import FailedError, Steps

NAMES = ("DJANGO_SECRET_KEY", "SECRET_KEY")
FALLBACKS = "DJANGO_SECRET_KEY_FALLBACKS"
STEPS = ("prepare", "use", "finish")
LENGTH = 64  # characters


@dataclass(frozen=True)
class Keys:
    """The key that signs, further ones that are accepted, the next one first, and how often they have changed."""

    key: str
    fallbacks: tuple[str, ...] = ()
    generation: int = 0


def fresh() -> str:
    """Return a new key: letters and digits alone, for whoever reads it with a shell."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LENGTH))


def following(keys: Keys, step: str) -> Keys:
    """Return the keys after one of the STEPS; `finish` changes nothing when one key alone is accepted.

    :raises FailedError: `use` without a key that was prepared.
    """
    if step == "prepare":
        return Keys(keys.key, (fresh(), *keys.fallbacks), keys.generation + 1)
    if step == "use":
        if not keys.fallbacks:
            raise FailedError("There is no new key to sign with: `prepare` comes first.")
        return Keys(keys.fallbacks[0], (keys.key, *keys.fallbacks[1:]), keys.generation + 1)
    return Keys(keys.key, (), keys.generation + 1) if keys.fallbacks else keys


def parse(text: str) -> Keys:
    """Return the keys of a file below `secrets`, whose lines are variables."""
    known = dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    count = re.search(r"^# generation (\d+)$", text, re.MULTILINE)
    key = next((known[name] for name in NAMES if name in known), "")
    further = tuple(one for one in known.get(FALLBACKS, "").split(",") if one)
    return Keys(key, further, int(count[1]) if count else 0)


def compose(keys: Keys, name: str) -> str:
    """Return the text of the file of a key: all in one, so that it changes at once."""
    lines = [f"# generation {keys.generation}", f"{name}={keys.key}"]
    return "\n".join([*lines, *([f"{FALLBACKS}={','.join(keys.fallbacks)}"] if keys.fallbacks else []), ""])


def path(application: Application) -> Path | None:
    """Return the file of the key that this host has made up, None where the inventory gives it."""
    places = [application.config / "secrets" / name for name in NAMES if name not in application.env]
    return next((place for place in places if place.exists()), None)


def generation(application: Application) -> int:
    """Return how often this host has changed the key that it made up."""
    place = path(application)
    return parse(place.read_text()).generation if place else 0


def rotate(application: Application, step: str, steps: Steps) -> Result:
    """Do one of the STEPS with the key of this host; where the inventory gives it, only ask whether it can be done.

    :raises FailedError: Django does not sign with that key, or does not accept the one that was prepared.
    """
    from . import commands, run

    with steps.step("ask Django"):
        asked = commands.ask(application, run.find(application, ""), "keys.py")
    if not asked["signs"]:
        raise FailedError(
            f"The project does not sign with {' or '.join(NAMES)} of its environment. Change its SECRET_KEY where it "
            "has it, and put the old one into SECRET_KEY_FALLBACKS."
        )
    if step == "use" and not asked["accepts"]:
        raise FailedError(f"The release that serves does not accept the keys of {FALLBACKS}: its settings read none.")
    place = path(application)
    if place is None:
        return {"changed": False, "text": []}
    before = parse(place.read_text())
    after = following(before, step)
    if after != before:
        host.write(place, compose(after, place.name), host.SUPERUSER, 0o600)
    said = f"{application.name} signs with one key from the next release on, and accepts {len(after.fallbacks)} others."
    return {"changed": after != before, "msg": said}
