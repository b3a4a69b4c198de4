"""Files of variables that Ansible would pass over: their names are nearly those of a group or a host."""

import pytest
from applications import findings, variable_files
from applications.inventory import Host


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("group_vars/djang.yml", "django"),
        ("group_vars/postgres/main.yml", "postgresql"),
        ("group_vars/al.yaml", "all"),
        ("group_vars/productio", "production"),
        ("host_vars/web1.yml", "web1.example.org"),
        ("host_vars/web1.exmple.org.yml", "web1.example.org"),
        ("host_vars/web1.example.ogr/main.yml", "web1.example.org"),
        # Right ones, and those that are like none.
        ("group_vars/all.yml", ""),
        ("group_vars/all/apps.yml", ""),
        ("group_vars/production.yml", ""),
        ("group_vars/redis.yml", ""),
        ("group_vars/office.yml", ""),
        ("host_vars/web2.example.org.yml", ""),
        ("host_vars/db1.example.org.yml", ""),
        ("group_vars/.gitkeep", ""),
        ("host_vars/web1.example.org.yml", ""),
        ("host_vars/web1.example.org/main.yml", ""),
    ],
)
def test_a_file_that_is_read_for_nobody(tmp_path, path, near):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    host = Host("web1.example.org", frozenset({"django", "production", "all"}), folder=str(tmp_path))
    lines = findings.lines(variable_files.findings([host]))
    assert len(lines) == bool(near)
    assert not near or f"Did you mean `{near}`?" in lines[0]
