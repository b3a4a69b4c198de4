"""Hold all hosts of the play and their sites against what production Django asks for; `module_utils/report` judges."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.groundcrew.django.plugins.module_utils.report import (
    collect,
    judge,
    junit,
    observed,
    page,
    table,
    verdicts,
)
from ansible_collections.groundcrew.django.plugins.plugin_utils import answers

COLORS = {"error": "red", "warning": "yellow", "note": "cyan", "good": "green"}


class ActionModule(ActionBase):
    """Runs on the controller: visits the sites from there, prints the table, and writes page and XML."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"answers", "resolved", "status"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return nothing, or fail when a finding is as grave as `fail_on`."""
        super().run(tmp, task_vars)
        resolved, status = task_vars[self._task.args["resolved"]], bool(self._task.args.get("status"))
        options = resolved["options"]
        said = answers.of_hosts(task_vars, self._task.args["answers"])
        servers = [self._server(name, one, task_vars["hostvars"][name]) for name, one in said.items()]
        addresses = {
            name: [options["address"]] if options["address"] else self._addresses(resolved, name) for name in said
        }
        sites = collect.sites(servers, addresses, not status)
        found = judge.findings(servers if status else map(collect.tried, servers), sites)
        found = [one for one in found if not status or one.id in judge.STATUS]
        counted = judge.counted(found)
        self._show(found, status or Display().verbosity > 0)
        if status:
            written, message = "", f"There is something to do: {counted}."
            mistakes = "What mends each stands above; playbooks/report.yml looks further.\n"
        else:
            paths = self._write(found, counted, options)
            written, message = f": {paths[0]}, {paths[1]}", f"The report has {counted}."
            mistakes = f"{paths[0]} says of each what was seen, why it matters, and what mends it.\n"
        Display().display(f"\n{counted}{written}")
        worse = verdicts.is_worse(found, options["fail_on"])
        return {"changed": False} | ({"failed": True, "msg": message, "mistakes": mistakes} if worse else {})

    def _server(self, name, said, variables):
        """Return a host as it answered."""
        at = str(variables.get("ansible_host") or "")
        reason = str(said.get("msg") or said.get("stderr") or "")
        return observed.read(name, str(said.get("stdout") or ""), reason.removeprefix("Task failed: "), at)

    def _addresses(self, resolved, name):
        """Return the addresses of the applications of a host: each by its canonical domain."""
        sites = [one["site"] for one in resolved["hosts"][name]["applications"] if one["state"] == "present"]
        domains = [next((domain for domain in site["domains"] if "*" not in domain), "") for site in sites]
        return [f"https://{domain}" for domain in domains if domain]

    def _show(self, found, whole):
        """Print the table; the `whole` has also what is good."""
        width = shutil.get_terminal_size((100, 24)).columns
        for line, level in table.lines(found, min(width, 120), whole):
            Display().display(line, color=COLORS.get(level))

    def _write(self, found, counted, options):
        """Write page and XML where the user stands, or asks for: Ansible would read files in an inventory's folder."""
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        where = Path(options["report"] or ".").expanduser().resolve()
        where.mkdir(parents=True, exist_ok=True)
        (where / "report.html").write_text(page.write(found, counted, f"{now:%-d %B %Y, %H:%M} UTC"))
        (where / "report.xml").write_text(junit.write(found, now.isoformat(), options["fail_on"]))
        return where / "report.html", where / "report.xml"
