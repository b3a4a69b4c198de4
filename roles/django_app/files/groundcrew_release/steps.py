"""The steps of a verb: what happened, how long it took, and what went wrong."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

TAIL = 12  # lines of a failure's log that are shown


class FailedError(Exception):
    """A step cannot be done. The text is one sentence for a person; `log` is what the failing program said last."""

    def __init__(self, sentence: str, log: str = "", command: str = ""):
        super().__init__(sentence)
        self.log, self.command = log, command


@dataclass
class Steps:
    """The steps that were taken, in order, each with its seconds; `notes` are sentences that the user should read."""

    taken: list[tuple[str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside under `name`, such as "install the requirements"; a failure knows its step."""
        begin = time.monotonic()
        try:
            yield
        except FailedError as error:
            error.add_note(name)
            raise
        finally:
            self.taken.append((name, round(time.monotonic() - begin, 2)))
