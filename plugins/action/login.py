"""Log in to a host over a new SSH connection, as others than the run's own user or over another port."""

from __future__ import annotations

import re
import time

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

# What comes first wins: no connection that is open is used, none is kept, and nothing is asked.
ALONE = "-o ControlMaster=no -o ControlPath=none"
KEYS = "-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no"
USUAL = 22
# No other user is answered there, either.
SILENT = "timed out|refused|[Nn]o route|resolve"


def alias(host, port):
    """Return the name under which ssh keeps the key of a host that it reached over this port."""
    return host if port == USUAL else f"[{host}]:{port}"


def last_line(text):
    """Return the last line (str) of what ssh or a command said (bytes or str), which names the reason."""
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("Failed to connect to the host via ssh: ") if lines else ""


class ActionModule(ActionBase):
    """Runs on the controller, with the options of the task's connection."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"ways", "command", "passwords", "tries"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return who could log in and over which port, or fail with the reason of each way."""
        super().run(tmp, task_vars)
        if self._connection.transport != "ssh":
            reason = f"A log-in over SSH cannot be tried over the connection `{self._connection.transport}`."
            return {"failed": True, "changed": False, "msg": reason}
        connection = self._connection
        self._own = {name: connection.get_option(name) for name in ("remote_user", "port", "password", "ssh_args")}
        tried = []
        for user, port in self._task.args["ways"]:
            way = (str(user) or self._own["remote_user"], int(port) or int(self._own["port"] or USUAL))
            tried += [way] if way not in tried else []
        for number in range(int(self._task.args.get("tries", 1))):
            time.sleep(min(number, 1))
            reasons, silent = [], set()
            for user, port in tried:
                if port in silent:
                    continue
                reason = self._reason(user, port)
                if not reason:
                    own = (user, port) == (self._own["remote_user"], int(self._own["port"] or USUAL))
                    return {"changed": False, "user": user, "port": port, "own": own}
                silent |= {port} if re.search(SILENT, reason) else set()
                reasons.append(f"as {user or 'its own user'} over port {port}: {reason.rstrip('.')}")
        return {"failed": True, "changed": False, "msg": f"Nobody can log in: {'; '.join(reasons)}."}

    def _reason(self, user, port):
        """Return why this way does not work, "" when it does."""
        connection = self._connection
        own_port = int(self._own["port"] or USUAL)
        arguments = ALONE
        if not self._task.args.get("passwords") or user != self._own["remote_user"]:
            arguments += f" {KEYS}"
            connection.set_option("password", None)
            # Where ansible-core looks beside its options.
            self._play_context.password = ""
        if port != own_port:
            host = connection.get_option("host") or self._play_context.remote_addr
            arguments += f" -o HostKeyAlias={alias(host, own_port)}"
        connection.set_option("ssh_args", f"{arguments} {self._own['ssh_args'] or ''}")
        connection.set_option("remote_user", user)
        connection.set_option("port", port)
        try:
            code, _, error = connection.exec_command(str(self._task.args.get("command", "true")), sudoable=False)
        except (AnsibleConnectionFailure, AnsibleError) as failure:
            return last_line(str(failure)) or "no answer"
        finally:
            for name, value in self._own.items():
                connection.set_option(name, value)
        return "" if code == 0 else last_line(error) or f"the command ended with {code}"
