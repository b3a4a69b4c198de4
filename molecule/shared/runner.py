"""Run the pipelines that `new_inventory.yml` writes, as a runner of their platform would."""

import subprocess

import yaml

FILES = {
    "github": ".github/workflows/deploy.yml",
    "gitlab": ".gitlab-ci.yml",
    "forgejo": ".forgejo/workflows/deploy.yml",
}


def commands(repository, kind):
    """Return what the jobs of the pipeline of a repository (Path) run: {job: [command]}."""
    pipeline = yaml.safe_load((repository / FILES[kind]).read_text())
    if kind == "gitlab":
        return {name: job["script"] for name, job in pipeline.items() if "script" in job}
    return {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in pipeline["jobs"].items()}


def run(lines, repository, environment):
    """Run the commands of a job in a repository (Path); return the process, with `stdout` and `stderr`.

    With a trace, as people add one when a pipeline fails.
    """
    traced = "\n".join(lines).replace("deploy/ci/run", "sh -x deploy/ci/run")
    command = ["bash", "-exc", traced]
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
