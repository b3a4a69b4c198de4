"""Build and activate on the host alone, without a controller: what somebody does who may only deploy."""

from dataclasses import replace
from typing import Any

from . import activate, build, report, source
from .application import Application
from .steps import FailedError, Steps


def deploy(application: Application, version: str, by: str, leads: bool, steps: Steps) -> dict[str, Any]:
    """Let the release of a version serve, as the inventory of the last playbook describes the application.

    :param version: a branch, a tag or a commit, of an image a tag or a digest; "" is what the inventory asks for.
    :raises FailedError: the source is not a repository, or the release cannot be built or does not serve.
    """
    kind = application.source.kind
    if kind in source.SENT:
        raise FailedError("Its source comes from the machine that runs Ansible: playbooks/deploy.yml sends it.")
    if version and kind not in ("git", "registry"):
        raise FailedError("Its source is no repository: the inventory alone says its version.")
    if version:
        application = replace(application, source=replace(application.source, version=version))
    built = build.build(application, by, leads, steps)
    served = activate.activate(application, built["id"], by, steps, leads)
    result = built | served | {"changed": built["changed"] or served["changed"]}
    said = report.sentence(application, "deploy", result, steps)
    return result | {"msg": said, "text": [*(built["text"] if built["changed"] else []), said]}
