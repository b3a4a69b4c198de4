"""The steps of a verb: what happened, how long it took, and what went wrong."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

TAIL = 12  # lines of a failure's log that are shown


class FailedError(Exception):
    """A step cannot be done. The text is one sentence for a person; `log` is what the failing program said last."""

    def __init__(self, sentence: str, log: str = "", command: str = ""):
        super().__init__(sentence)
        self.log, self.command = log, command


class MissingError(FailedError):
    """Something has to be compiled, and `packages` of Debian are missing for that."""

    def __init__(self, text: str, packages: tuple[str, ...], log: str = "", command: str = ""):
        super().__init__(text, log, command)
        self.packages = packages


class StoppedError(FailedError):
    """Somebody ended the verb, with `systemctl stop` or by shutting the host down."""


@dataclass
class Steps:
    """The steps that were taken, in order, each with its seconds; `notes` are sentences that the user should read.

    `hints` are lines that explain a failure, if there is one, and a preview.
    `begun` is called with the name of each step, such as `print`. From a failure on `closing` is set: what was begun is
    put back now, and a signal to stop does not interrupt that; `stopped` says that there was one.
    """

    taken: list[tuple[str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    closing: bool = False
    stopped: bool = False
    begun: Callable[[str], object] = str

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside under `name`, such as "install the requirements"; a failure knows its step."""
        self.begun(name)
        begin = time.monotonic()
        try:
            yield
        except Exception as error:
            self.closing = True
            error.add_note(name)
            raise
        finally:
            self.taken.append((name, round(time.monotonic() - begin, 2)))

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Let a signal to stop wait until what happens inside has ended."""
        before, self.closing = self.closing, True
        yield
        self.closing = before
        if self.stopped and not before:
            self.stop()

    def stop(self) -> None:
        """End the verb by raising StoppedError, unless it is ending already."""
        self.stopped = True
        if not self.closing:
            self.closing = True
            raise StoppedError("it was stopped")
