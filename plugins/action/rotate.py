"""Move the key that Django signs with one step on, in the file of the inventory that gives it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.groundcrew.django.plugins.module_utils.applications import engine, rotation
from ansible_collections.groundcrew.django.plugins.plugin_utils import origins, texts

MANY = (
    "{name}: {variable} stands in {count} files of the inventory as it is, so nothing is changed. By hand: put a new "
    "key into DJANGO_SECRET_KEY_FALLBACKS and deploy; exchange the two and deploy; in two weeks, remove the old one "
    "and deploy."
)


class ActionModule(ActionBase):
    """The action plugin of the module `rotate`: runs on the controller."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the variables of the keys, none where the inventory gives no key."""
        result = super().run(tmp, task_vars)
        _, given = self.validate_argument_spec(
            {
                "name": {"type": "str", "required": True},
                "env": {"type": "dict", "required": True, "no_log": True},
                "step": {"type": "str", "required": True, "choices": list(engine.load("keys").STEPS)},
            }
        )
        variable, before = rotation.known(given["env"])
        # The variables are keys.
        result |= {"changed": False, "env": {}, "_ansible_no_log": True}
        if not variable:
            return result
        found = [
            (file, text, now) for file, text in self._texts(task_vars) if (now := rotation.read(text, variable, before))
        ]
        if len(found) != 1:
            said = MANY.format(name=given["name"], variable=variable, count=len(found) or "no")
            return result | {"failed": True, "msg": said, "_ansible_no_log": False}
        file, text, now = found[0]
        after = rotation.move(now, before, given["step"])
        if after != now and not self._task.check_mode:
            self._write(file, rotation.write(text, variable, after))
        accepted = ",".join(after.fallbacks)
        env = {variable: after.key, engine.load("keys").FALLBACKS: accepted}
        return result | {"changed": after != now, "env": env}

    def _texts(self, task_vars):
        """Yield each file of variables with its text, decrypted."""
        for file in texts.files(task_vars.get("ansible_inventory_sources"), self._loader.get_basedir()):
            try:
                # Not from the loader, which keeps what a file was.
                raw = file.read_bytes()
                yield file, (self._loader._vault.decrypt(raw) if origins.is_encrypted(str(file)) else raw).decode()
            except (AnsibleError, OSError, UnicodeDecodeError):
                continue

    def _write(self, file: Path, text: str) -> None:
        """Write a file anew, whole or not at all, encrypted with the secret that it had."""
        data = text.encode()
        if origins.is_encrypted(str(file)):
            vault = self._loader._vault
            _, label, secret = vault.decrypt_and_get_vault_id(file.read_bytes())
            data = vault.encrypt(text, secret, label)
        handle, part = tempfile.mkstemp(dir=file.parent, prefix=".")
        with os.fdopen(handle, "wb") as target:
            target.write(data)
        Path(part).chmod(file.stat().st_mode & 0o777)
        Path(part).replace(file)
