"""What scenarios keep between runs of Ansible is what it would make anew: molecule/shared/callback and python."""

import os
import runpy
import subprocess
import zipfile
import zipimport
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1] / "molecule/shared"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars: {numbers: "{{ range(3) | map('string') | join('WITH') }}"}
  tasks:
    - debug: {msg: "{{ numbers }} {{ 'a\\\\tb' }}"}
      when: numbers | length > 3
    - debug: {msg: "{{ lookup('template', 'page.j2') }}{{ lookup('template', 'trimmed.j2') }}"}
    - debug: {msg: "{{ 1 | nothing_such }}"}
"""


@pytest.fixture
def play(tmp_path):
    """Return a function that runs the playbook with `word` in it, and returns all that it said."""
    text = "{% if true %}\n{{ 'a' }}{% endif %}\n"
    (tmp_path / "page.j2").write_text(f"#jinja2: trim_blocks:False\n{text}")
    (tmp_path / "trimmed.j2").write_text(text)
    (tmp_path / "kept").mkdir()

    def play(word, kept=True):
        (tmp_path / "play.yml").write_text(PLAYBOOK.replace("WITH", word))
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_PLUGINS": str(SHARED / "callback")}
        environment |= {"GROUNDCREW_TEMPLATES": str(tmp_path / "kept") if kept else ""}
        command = ["ansible-playbook", "--inventory", "localhost,", "--connection", "local", tmp_path / "play.yml"]
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return said.stdout, said.stderr

    return play


def test_templates_that_are_kept_are_those_of_ansible(play, tmp_path):
    plain = play("-", kept=False)
    assert "0-1-2 a" in plain[0]
    assert "failed=1" in plain[0]
    assert "trimmed.j2" not in plain[1]
    assert play("-") == plain  # makes them
    made = set(tmp_path.glob("kept/*/*"))
    assert play("-") == plain  # finds them
    assert set(tmp_path.glob("kept/*/*")) == made
    assert "0+1+2 a" in play("+")[0]


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return a function that gives the value that a module of an archive has, and the file that it says it is in."""
    monkeypatch.setattr(zipimport, "_compile_source", zipimport._compile_source)
    names = runpy.run_path(str(SHARED / "python/groundcrew_compiled.py"))
    (tmp_path / "cache").mkdir()
    names["compiled"].__globals__["FOLDER"] = str(tmp_path / "cache/this")

    def read(source, folder="ansible_payload"):
        archive = tmp_path / folder / "modules.zip"
        archive.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("one.py", source)
        zipimport._zip_directory_cache.clear()
        code = zipimport.zipimporter(str(archive)).get_code("one")
        exec(code, found := {})
        return found["value"], Path(code.co_filename)

    return read


def test_modules_that_are_kept_are_those_that_came(read, tmp_path):
    assert read("value = 1")[0] == read("value = 1")[0] == 1
    kept = set((tmp_path / "cache/this").iterdir())
    assert len(kept) == 1
    assert read("value = 2")[0] == 2
    # The same in another archive says where it is.
    other = tmp_path / "ansible_other"
    assert read("value = 1", "ansible_other") == (1, other / "modules.zip/one.py")
    # What cannot be read is made anew, and other archives are none of its business.
    kept.pop().write_bytes(b"")
    assert read("value = 1")[0] == 1
    assert read("value = 3", "other")[0] == 3
    assert len(list((tmp_path / "cache/this").iterdir())) == 2


def test_a_host_without_the_folder_compiles(read, tmp_path):
    (tmp_path / "cache").rmdir()
    assert read("value = 1")[0] == 1
    assert not (tmp_path / "cache").exists()
