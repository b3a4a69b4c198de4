"""Keep compiled templates between the tasks and the runs of one test run.

Ansible forks a worker for each task of each host, and what a worker compiles ends with it, so that the same texts are
compiled hundreds of times in a run: half of the processor time of workers. A text gives the same code each time; all
workers share it through a folder. Likewise each looks for Jinja's own filters in files that have none of them.
"""

import hashlib
import marshal
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase
from ansible.release import __version__

DOCUMENTATION = """
name: keep_templates
type: aggregate
short_description: Keep compiled templates between runs
description: Compiled templates are kept in the folder that the variable GROUNDCREW_TEMPLATES names.
"""


def share(folder: Path) -> None:
    """Let the templates of this process and of its workers come from a folder, and go there."""
    from ansible._internal._templating import _jinja_bits as bits
    from jinja2 import nodes
    from jinja2.environment import TemplateExpression

    environment = bits.AnsibleEnvironment
    settings = bits._TEMPLATE_OVERRIDE_FIELD_NAMES
    compile_template, compile_expression = environment.compile, environment.compile_expression

    def kept(kind, this, text):
        """Return the path of the code of a text."""
        context = bits._TemplateCompileContext.current(optional=True)
        escaped = bool(context and context.escape_backslashes)
        key = (kind, str(text), escaped, [getattr(this, name) for name in settings])
        return folder / hashlib.sha256(repr(key).encode()).hexdigest()

    def load(path):
        try:
            return marshal.loads(path.read_bytes())
        except (OSError, EOFError, ValueError, TypeError):
            return None

    def store(path, code):
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(marshal.dumps(code))
        part.replace(path)

    def compiled(this, source, name=None, filename=None, raw=False, defer_init=False):
        if isinstance(source, nodes.Template):  # of an expression
            path = vars(this).pop("_groundcrew_path", None)
        else:
            path = kept("template", this, source) if not (name or filename or raw or defer_init) else None
        code = load(path) if path and not isinstance(source, nodes.Template) else None
        if code is None:
            code = compile_template(this, source, name, filename, raw, defer_init)
            if path:
                store(path, code)
        return code

    def expression(this, source, undefined_to_none=True):
        path = kept("expression", this, source)
        if (code := load(path)) is not None:
            template = this.template_class.from_code(this, code, this.make_globals(None), None)
            return TemplateExpression(template, undefined_to_none)
        this._groundcrew_path = path
        return compile_expression(this, source, undefined_to_none)

    environment.compile, environment.compile_expression = compiled, expression


def shorten() -> None:
    """Look for Jinja's own filters and tests, which no file of Ansible has, in no file."""
    from ansible.plugins.loader import Jinja2Loader, PluginLoadContext, get_with_context_result
    from jinja2 import defaults

    own = {"filter": defaults.DEFAULT_FILTERS, "test": defaults.DEFAULT_TESTS}
    get = Jinja2Loader.get_with_context

    def get_with_context(self, name, *arguments, **options):
        if name in own[self.type]:
            self._ensure_non_collection_wrappers(*arguments)
            if name not in self._cached_non_collection_wrappers:
                return get_with_context_result(None, PluginLoadContext(self.type, self.package))
        return get(self, name, *arguments, **options)

    Jinja2Loader.get_with_context = get_with_context


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Puts a folder between Ansible and Jinja."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "keep_templates"

    def v2_playbook_on_start(self, *_: object) -> None:
        """Share the folder with earlier runs of this Ansible."""
        # Ansible before 2.19 works otherwise.
        if (given := os.environ.get("GROUNDCREW_TEMPLATES")) and tuple(map(int, __version__.split(".")[:2])) >= (2, 19):
            folder = Path(given) / f"templates-{__version__}"
            folder.mkdir(exist_ok=True, mode=0o700)
            share(folder)
            shorten()
