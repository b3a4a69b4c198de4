"""The lookup `template` renders what Ansible's own does, and lends it the variables."""

import json
import os
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = """\
{# a comment #}
{% for name in names %}
{{ name }} {{ nested.inner[name] }} {{ more | default('none') }}
{% endfor %}
{% include 'part.j2' %}
"""
NAMES = {"ours": "groundcrew.django.template", "theirs": "ansible.builtin.template"}
# A user's variable stays as it was: what the template is given beside it ends with the template.
MESSAGE = {
    name: [
        f"{{{{ lookup('{plugin}', 'text.j2') }}}}",
        f"{{{{ lookup('{plugin}', 'text.j2', template_vars={{'more': 'more', 'names': ['two']}}) }}}}",
        f"{{{{ lookup('{plugin}', 'text.j2', 'part.j2', wantlist=true) }}}}",
        "{{ more | default('none') }} {{ names | join(' ') }} {{ template_path is defined }}",
    ]
    for name, plugin in NAMES.items()
}


def test_it_renders_what_ansible_does(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/text.j2").write_text(TEMPLATE)
    (tmp_path / "templates/part.j2").write_text("part of {{ nested.inner.one }}\n\n")
    variables = {"names": ["one", "two"], "nested": {"inner": {"one": "{{ 1 + 1 }}", "two": "zwei: [a, b]"}}}
    task = {"name": "Render", "ansible.builtin.debug": {"msg": MESSAGE}}
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [task]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    result = subprocess.run(
        ["ansible-playbook", "--inventory=localhost,", "--connection=local", tmp_path / "play.yml"],
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_STDOUT_CALLBACK": "json"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (message,) = (task["hosts"]["localhost"]["msg"] for task in json.loads(result.stdout)["plays"][0]["tasks"])
    assert message["ours"] == message["theirs"]
    assert message["ours"][0] == "one 2 none\ntwo zwei: [a, b] none\npart of 2\n"
    assert message["ours"][1] == "two zwei: [a, b] more\npart of 2\n"
    assert message["ours"][3] == "none one two False"
