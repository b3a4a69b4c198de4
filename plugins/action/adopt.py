"""Describe a project that somebody set up by hand, take it out of service with its data, or put it back."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.groundcrew.django.plugins.module_utils.adoption import plan
from ansible_collections.groundcrew.django.plugins.module_utils.report import observed
from ansible_collections.groundcrew.django.plugins.plugin_utils.given import given

PROGRAMS = Path(plan.__file__).parent
SPEC = {
    "verb": {"type": "str", "choices": ["describe", "begin", "finish", "back"], "required": True},
    "name": {"type": "str", "default": ""},
    "domains": {"type": "list", "elements": "str", "default": []},
    "project": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    """Runs one program after the other on the host, which is sent nothing else; what is decided is decided here."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return what a verb did, or what an inventory takes from the project."""
        result = super().run(tmp, task_vars)
        _, asked = self.validate_argument_spec(SPEC)
        # What the server answers has secrets, which the connection would print at `-vvv`.
        self._connection._play_context.no_log = True
        try:
            if asked["verb"] == "describe":
                return result | {"changed": False} | self._describe(asked)
            if self._task.check_mode:
                return result | {"changed": False, "skipped": True}
            steps = self._plan(asked) if asked["verb"] == "begin" else {}
            return result | self._run("take_over.py", asked["verb"], asked["name"], steps)
        except plan.CannotError as error:
            return result | {"failed": True, "msg": str(error)}

    def _plan(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what is to be stopped, packed and set aside; nothing when a run before has begun."""
        if self._run("take_over.py", "look", asked["name"], {})["stage"]:
            return {}
        _, project, look = self._look(asked["project"])
        return plan.steps(project, look, asked["name"], asked["domains"])

    def _describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what an inventory takes from the project."""
        try:
            answer, project, look = self._look(asked["project"])
        except plan.CannotError as error:
            # The task may show nothing of its answer, which has secrets.
            return {"refused": str(error)}
        return {"refused": ""} | plan.described(project, look, answer, given("site"))

    def _look(self, folder: str) -> tuple[dict[str, Any], plan.Project, dict[str, Any]]:
        """Return what the server says, the project, and what belongs to it."""
        inside = (PROGRAMS / "in_django.py").read_text()
        words = shlex.join(observed.question(inside=inside))
        answer = self._answer(self._low_level_execute_command(words, executable="/bin/sh"))
        if not plan.projects(answer) and answer.get("names"):
            # A service that a socket starts runs from the first visit on.
            self._run("wake.py", answer["names"])
            answer = self._answer(self._low_level_execute_command(words, executable="/bin/sh"))
        project = plan.choose(answer, folder)
        return answer, project, self._run("look.py", project.folders, list(project.units), project.media)

    def _run(self, program: str, *arguments: Any) -> dict[str, Any]:
        """Return what a program prints; it arrives on standard input, since arguments are seen by everybody."""
        call = ", ".join(f"json.loads({json.dumps(one)!r})" for one in arguments)
        text = f"{(PROGRAMS / program).read_text()}\n\nmain({call})\n"
        return self._answer(self._low_level_execute_command("python3 -", executable="/bin/sh", in_data=text.encode()))

    def _answer(self, done: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON of the line that a program prints."""
        last = "".join(done["stderr"].strip().splitlines()[-1:])
        server = observed.read("", done["stdout"], last)
        if server.error:
            raise plan.CannotError(f"The server cannot be read: {server.error}")
        return dict(server.said)
