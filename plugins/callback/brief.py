"""Show what a run changed, a line for each task, and nothing about what was as it should be."""

DOCUMENTATION = """
name: brief
type: stdout
author: Groundcrew contributors (!UNKNOWN)
short_description: A line for each task that changed something
description:
  - Names each task that changed something, with its hosts and its seconds, and says in full what failed.
  - C(-v) shows what P(ansible.builtin.default#callback) does.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

import time

from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback import default

OWN = "groundcrew.django."
# What the modules of this collection say beside `msg` when they fail as they mean to.
MORE = ("mistakes", "details", "verb")
# How many lines of a log are shown.
MOST = 20


def fields(result):
    """Return what a task returned (dict), whichever Ansible this is: before 2.19 it had no public name."""
    return result.result if hasattr(result, "result") else result._result


def task_of(result):
    """Return the task of a result."""
    return result.task if hasattr(result, "task") else result._task


class CallbackModule(default.CallbackModule):
    """The callback plugin."""

    CALLBACK_NAME = f"{OWN}brief"

    def __init__(self):
        """Begin with nothing to tell."""
        super().__init__()
        self._title, self._changed, self._began = "", [], 0.0

    @property
    def _full(self):
        return self._display.verbosity > 0

    def _tell_play(self):
        if self._title:
            self._display.display(f"\n{self._title}")
        self._title = ""

    def _tell_changed(self):
        """Print the line of the task that ran before, when it changed something."""
        if self._changed:
            self._tell_play()
            seconds = time.monotonic() - self._began
            took = f"  {seconds:.0f} s" if seconds >= 1 else ""
            hosts = ", ".join(sorted(self._changed))
            self._display.display(f"  changed  [{hosts}]  {self._last_task_name}{took}", color="yellow")
        self._changed = []

    def _task_start(self, task, prefix=None):
        if self._full:
            super()._task_start(task, prefix)
            return
        self._tell_changed()
        self._began, self._last_task_name = time.monotonic(), task.get_name().strip()
        if prefix is not None:
            self._task_type_cache[task._uuid] = prefix

    def _print_task_banner(self, task):
        if not self._full:
            self._tell_changed()
            self._tell_play()
        super()._print_task_banner(task)

    def v2_playbook_on_play_start(self, play):
        """Keep the name of the play until there is something to say about it."""
        if self._full:
            super().v2_playbook_on_play_start(play)
            return
        self._tell_changed()
        self._play, self._title = play, play.get_name().strip()

    def v2_playbook_on_no_hosts_matched(self):
        """A play for a group that this inventory has not is no news."""
        if self._full:
            super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_include(self, included_file):
        """Say nothing: what the file changes is told."""
        if self._full:
            super().v2_playbook_on_include(included_file)

    def v2_runner_on_ok(self, result):
        """Remember who changed; show what a task has to say in any case, and warnings."""
        found = fields(result)
        if self._full or (found.get("_ansible_verbose_always") and not isinstance(task_of(result), TaskInclude)):
            super().v2_runner_on_ok(result)
            return
        if found.get("warnings") or found.get("deprecations"):
            self._tell_play()
            getattr(self, "_handle_warnings_and_exception", lambda given: self._handle_warnings(fields(given)))(result)
        if found.get("changed"):
            self._changed.append(self.host_label(result))

    def v2_runner_item_on_ok(self, result):
        """Say nothing: the task is told as a whole."""
        if self._full or fields(result).get("_ansible_verbose_always"):
            super().v2_runner_item_on_ok(result)

    def v2_runner_on_skipped(self, result):
        """Say nothing."""
        if self._full:
            super().v2_runner_on_skipped(result)

    def v2_runner_item_on_skipped(self, result):
        """Say nothing."""
        if self._full:
            super().v2_runner_item_on_skipped(result)

    def v2_runner_retry(self, result):
        """Waiting is no failure."""
        if self._full:
            super().v2_runner_retry(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        """Show a failure of this collection's own as its sentence and what led to it; any other as Ansible does."""
        found, task = fields(result), task_of(result)
        if self._full or not task.action.startswith(OWN) or not any(key in found for key in MORE):
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self._tell_changed()
        self._tell_play()
        lines = [str(found.get("msg", "")), *str(found.get("mistakes", "")).splitlines()]
        # Of a log the end says why.
        lines += str(found.get("details", "")).splitlines()[-MOST:]
        self._display.display(f"  failed   [{self.host_label(result)}]  {task.get_name().strip()}", color="red")
        for line in lines:
            self._display.display(f"    {line}".rstrip(), color="red")

    def v2_playbook_on_stats(self, stats):
        """End with the last task, and with the summary of hosts that Ansible's own tools read."""
        self._tell_changed()
        super().v2_playbook_on_stats(stats)
