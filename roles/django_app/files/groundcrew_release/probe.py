"""Ask a release for a page as visitors do: over its own socket before the switch, through Nginx after it."""

import http.client
import re
import secrets
import socket
import ssl
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from . import causes, run, sandbox, systemd, usable
from .application import Application, Probe
from .steps import FailedError

AGENT = "groundcrew-probe"
HTTPS = ("127.0.0.1", 443)
GOOD_IN_A_ROW = 3
PAUSE = 0.2  # seconds between two questions
AT_ONCE = 4  # questions through Nginx
KEPT = 3.0  # seconds after a switch in which Nginx may use a connection to the release before
PAUSE_BEHIND_NGINX = 0.05  # seconds; visitors meet a wrong answer as long as it is not noticed
STUBBORN = 5.0  # seconds of one wrong answer that end the wait
LONGEST = 30.0  # seconds for one answer
SHORTEST = 2.0  # seconds for one answer when time is nearly up
RESTARTS = 1  # of the unit while it is probed; one more ends the wait

# What the journal says, and what that means; the first that is found counts.
CAUSES = [
    ("ImproperlyConfigured", "the settings are not complete"),
    ("ModuleNotFoundError", "a module that it imports is not installed"),
    ("ImportError", "the application does not import"),
    ("SyntaxError", "the application does not compile"),
    ("OperationalError", "the database refuses it"),
    ("ProgrammingError", "the database lacks what it asks for"),
    ("MemoryError", "it ran out of memory"),
    ("Worker failed to boot", "the application does not import"),
]
EXCEPTION = re.compile(r"[\w.]+(Error|Exception|Configured|Warning): ")


@dataclass(frozen=True)
class Answer:
    """What matters of an HTTP response; `release` is the header X-Release, which Nginx's own answers lack.

    `page` is empty, and `handed_on` set, when the application lets Nginx send a file.
    """

    status: int
    location: str = ""
    release: str = ""
    retry_after: str = ""
    page: bytes = b""
    handed_on: bool = False


class WrongError(Exception):
    """What visitors get of a release is wrong. Its cause is looked for when they have the release before again."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        """Connect to the path instead of a host and a port."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class LocalConnection(http.client.HTTPConnection):
    """HTTPS to this host under the name of the site; whether visitors trust the certificate is not asked here."""

    def connect(self) -> None:
        """Connect to this host whatever the name resolves to."""
        # Not the default context: it reads all authorities that this host trusts, for each question.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(HTTPS, self.timeout)
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


def nginx_headers(host: str) -> dict[str, str]:
    """Return the headers that Nginx sends to an application (groundcrew-proxy.conf of the role nginx).

    Without Host Django answers 400, without X-Forwarded-Proto 301; code that chokes on one of the others is found
    before it meets a visitor.
    """
    return {
        "X-Real-IP": HTTPS[0],
        "X-Forwarded-For": HTTPS[0],
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": host,
        "X-Forwarded-Port": "443",
        "X-Request-ID": secrets.token_hex(16),
    }


def ask(connection: http.client.HTTPConnection, page: str, headers: dict[str, str]) -> Answer:
    """Return the answer to one GET; raises OSError or HTTPException."""
    try:
        connection.request("GET", page, headers={"User-Agent": AGENT, **headers})
        response = connection.getresponse()
        body = response.read()
        return Answer(
            response.status,
            response.getheader("Location", ""),
            response.getheader("X-Release", ""),
            response.getheader("Retry-After", ""),
            body,
            response.getheader("X-Accel-Redirect") is not None,
        )
    finally:
        connection.close()


def judge(answer: Answer, host: str, probe: Probe, domains: Collection[str] = ()) -> str:
    """Return what is wrong with an answer, "" when it is good; `domains` are those of the application."""
    named = answer.status in probe.status
    if 300 <= answer.status < 400 and answer.location:
        wrong = usable.redirect(answer.location, host, probe.path, domains, named)
    else:
        wrong = "" if answer.handed_on else usable.page(answer.status, answer.page, named)
    if wrong:
        return f"{wrong}: {host} is not in its ALLOWED_HOSTS" if wrong.endswith(" 400") else wrong
    if answer.status in probe.status or (not probe.status and answer.status < 500 and answer.status != 400):
        return ""
    if answer.status == 400:
        return f"it answers 400: {host} is not in its ALLOWED_HOSTS"
    return f"it answers {answer.status} for {probe.path}"


def relevant(words: str) -> str:
    """Return a journal up to the last exception that it names: what comes after it is how a server ends."""
    lines = words.splitlines()
    named = [number for number, line in enumerate(lines) if EXCEPTION.match(line)]
    return "\n".join(lines[: named[-1] + 1] if named else lines)


def failure(reason: str, application: Application, release: str, since: float) -> FailedError:
    """Return the failure of a release, with the cause that its journal since `since` (seconds of the epoch) knows."""
    words = systemd.journal(application.unit(release), since)
    cause = next((meaning for sign, meaning in CAUSES if sign in words), "")
    helps = causes.advise(relevant(words))
    sentence = f"{reason[0].upper()}{reason[1:]}{f': {cause}' if cause else ''}."
    hint = sandbox.hint(words, run.allowed(application, release))
    return FailedError(f"{sentence} {helps}".rstrip() + f"\n{hint}".rstrip(), relevant(words))


def restarts(unit: str) -> int:
    """Return how often systemd has restarted a unit that ended by itself."""
    return int(systemd.show(unit, "NRestarts")["NRestarts"] or 0)


def wait_until_good(application: Application, release: str, host: str, probe: Probe, since: float) -> None:
    """Ask a release over its own socket until it answers well three times in a row.

    systemd calls Gunicorn started before a worker has imported the application: only an answer tells.

    :raises FailedError: when time is up, an answer stays wrong (503 may say that it warms up), or its unit ends.
    """
    unit, path = application.unit(release), application.socket(release)
    start, good, reason, stubborn, restarted = time.monotonic(), 0, "", 0.0, restarts(unit)
    while good < GOOD_IN_A_ROW:
        left = probe.timeout - (time.monotonic() - start)
        if left <= 0:
            said = f": {reason}" if reason else ""
            raise failure(f"no good answer within {probe.timeout:.0f} s{said}", application, release, since)
        before, final = reason, False
        try:
            answer = ask(UnixConnection(path, min(left, LONGEST)), probe.path, {"Host": host, **nginx_headers(host)})
            reason = judge(answer, host, probe, application.domains)
            # A wrong answer that stays wrong will not mend itself.
            stubborn = stubborn if reason and reason == before else time.monotonic()
            final = bool(reason) and answer.status != 503 and time.monotonic() - stubborn > STUBBORN
        except TimeoutError:
            reason = "it does not answer in time"
        except (OSError, http.client.HTTPException) as error:
            reason = f"it does not listen ({type(error).__name__})"
            if restarts(unit) - restarted > RESTARTS:
                reason, final = "it ends as soon as it starts", True
            elif systemd.show(unit, "ActiveState")["ActiveState"] in ("failed", "inactive"):
                reason, final = "it has ended", True
        if final:
            raise failure(reason, application, release, since)
        good = 0 if reason else good + 1
        if reason:
            time.sleep(PAUSE)


def ask_nginx(host: str, page: str, timeout: float) -> Answer:
    """Return the answer of this host's HTTPS server; raises OSError or HTTPException."""
    return ask(LocalConnection(host, timeout=timeout), page, {"Host": host})


def is_broken(application: Application, release: str, host: str, probe: Probe) -> bool:
    """Say whether the release that still serves gives errors that name no release: they say nothing of a new one.

    It is asked on its own socket: Nginx would keep the connection for a second, and the drain wait for that.
    """
    if not release:
        return False
    connection = UnixConnection(application.socket(release), SHORTEST)
    try:
        answer = ask(connection, probe.path, {"Host": host, **nginx_headers(host)})
    except (OSError, http.client.HTTPException):
        return True
    return answer.status >= 500 and not answer.release


def verify(application: Application, release: str, host: str, probe: Probe, broken: bool = False) -> list[str]:
    """Ask this host's HTTPS server, several times at once, until all answers are good ones of the release.

    An answer of another release is "not yet": Nginx keeps connections for up to two seconds; several at once find one
    of the new release sooner. When Nginx itself answers, since the site is closed for maintenance or restricted, a note
    that is returned says that it was seen on its socket alone. `broken` is what `is_broken` said before the switch.

    :raises WrongError: at the first wrong answer of the release or of Nginx, or when time is up.
    """
    start, reason = time.monotonic(), "nothing answers"
    while (left := probe.timeout - (time.monotonic() - start)) > 0:
        answers, passed = [], time.monotonic() - start
        unsaid = broken and passed < KEPT
        try:
            for answer in ask_several(host, probe.path, max(SHORTEST, min(left, LONGEST))):
                # At once, not when all have answered.
                if wrong := judge_behind(answer, release, host, probe, unsaid, application.domains):
                    raise WrongError(wrong)
                answers.append(answer)
        except TimeoutError:
            raise WrongError("it does not answer in time through Nginx") from None
        except (OSError, http.client.HTTPException) as error:
            reason = f"Nginx does not listen ({type(error).__name__})"
            if passed > STUBBORN:
                raise WrongError(reason) from None
            time.sleep(PAUSE)
            continue
        if all(answer.release == release for answer in answers):
            return []
        if not unsaid and not any(answer.release for answer in answers):
            closed = answers[0].status == 503
            why = "closed for maintenance" if closed else f"not shown to this host (status {answers[0].status})"
            return [f"The site is {why}, so the release was probed on its own socket alone."]
        other = next((answer.release for answer in answers if answer.release not in ("", release)), "(none)")
        reason = f"release {other} answers"
        time.sleep(PAUSE_BEHIND_NGINX)
    raise WrongError(f"no good answer through Nginx within {probe.timeout:.0f} s: {reason}")


def ask_several(host: str, page: str, timeout: float) -> Iterator[Answer]:
    """Ask this host's HTTPS server several times at once, and yield the answers as they come; raises as `ask_nginx`."""
    outcomes: SimpleQueue[Answer | Exception] = SimpleQueue()

    def ask_one() -> None:
        try:
            outcomes.put(ask_nginx(host, page, timeout))
        except Exception as error:
            outcomes.put(error)

    for _ in range(AT_ONCE):
        # Nobody waits for those that still ask when one has got a wrong answer.
        Thread(target=ask_one, daemon=True).start()
    for _ in range(AT_ONCE):
        outcome = outcomes.get()
        if isinstance(outcome, Exception):
            raise outcome
        yield outcome


def judge_behind(
    answer: Answer, release: str, host: str, probe: Probe, broken: bool, domains: Collection[str] = ()
) -> str:
    """Return what is wrong with an answer that came through Nginx, "" when it is good or not of the release."""
    if answer.release == release:
        wrong = judge(answer, host, probe, domains)
        return f"behind Nginx {wrong}" if wrong else ""
    # Nginx's own answer, or one of a server whose application raised. A site that is closed names a time.
    closed = answer.status == 503 and bool(answer.retry_after)
    if not answer.release and answer.status >= 500 and not closed and not broken:
        return f"visitors get {answer.status} for {probe.path}"
    return ""
