"""Show what a run changed, a line for each task, and nothing about what was as it should be."""

DOCUMENTATION = """
name: brief
type: stdout
author: Groundcrew contributors (!UNKNOWN)
short_description: A line for each task that changed something
description:
  - Names each task that changed something, with its hosts and its seconds, and says in full what failed.
  - Of many tasks of one role that took less than a second each it says how many they were.
  - C(-v) shows what P(ansible.builtin.default#callback) does.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

import gc
import time

from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback import default
from ansible.plugins.loader import filter_loader
from ansible_collections.groundcrew.django.plugins.module_utils.applications import specification

OWN = "groundcrew.django."
# What the modules of this collection say beside `msg` when they fail as they mean to.
MORE = ("mistakes", "details", "verb")
# How many lines of a log are shown.
MOST = 20
# So many short tasks of one role are named; more of them are a number.
NAMED = 3


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
        self._short = []  # lines of tasks that took less than a second, all of one role and the same hosts

    def v2_playbook_on_start(self, playbook):
        """Load the filters and specifications of this collection, which each worker would do for itself."""
        filter_loader.get(f"{OWN}complete")
        specification.variables()
        # Tens of thousands of objects come and stay: to look through them for garbage again and again is in vain.
        gc.set_threshold(50_000, 20, 100)
        super().v2_playbook_on_start(playbook)

    @property
    def _full(self):
        return self._display.verbosity > 0

    def _tell_play(self):
        self._tell_short()
        if self._title:
            self._display.display(f"\n{self._title}")
        self._title = ""

    def _tell_changed(self):
        """Print the line of the task that ran before, when it changed something."""
        if self._changed:
            if self._title:
                self._tell_play()
            seconds = time.monotonic() - self._began
            role, _, name = self._last_task_name.rpartition(" : ")
            begin = f"  changed  [{', '.join(sorted(self._changed))}]  {f'{role} : ' if role else ''}"
            if self._short and self._short[0][0] != begin:
                self._tell_short()
            if seconds < 1:
                self._short.append((begin, name))
            else:
                self._display.display(f"{begin}{name}  {seconds:.0f} s", color="yellow")
        self._changed = []

    def _tell_short(self):
        """Print the lines of short tasks, or how many they were."""
        lines = [begin + name for begin, name in self._short]
        if len(lines) > NAMED:
            lines = [f"{self._short[0][0]}{len(lines)} tasks of less than a second (-v names them)"]
        for line in lines:
            self._display.display(line, color="yellow")
        self._short = []

    def _task_start(self, task, prefix=None):
        # A worker that looks through all objects for garbage gets a copy of the memory that it was to share.
        gc.freeze()
        if self._full:
            super()._task_start(task, prefix)
            return
        self._tell_changed()
        if task.action.startswith(OWN):  # it may print by itself
            self._tell_short()
        self._began, self._last_task_name = time.monotonic(), task.get_name().strip().removeprefix(OWN)
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
        self._tell_short()
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
        self._tell_short()
        super().v2_playbook_on_stats(stats)
