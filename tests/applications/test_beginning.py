"""What `new_inventory` is given."""

import pytest
from applications import beginning, findings

GIVEN = {"host": "web1.example.org", "domain": "shop.example.org", "stage": "production", "adopt": "False"}


def told(given=None, named=None, here="/"):
    """Return the lines that tell what is wrong."""
    return findings.lines(beginning.findings({**GIVEN, **(given or {})}, named or {}, here))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("domain", "https://shop.example.org/", "is no host name. For example: -e domain=shop.example.org"),
        ("domain", "shop.example.org:8000", "-e domain=shop.example.org"),
        ("domain", "shop.example.org/x", "-e domain=shop.example.org"),
        ("domain", "shop.example.org.", "-e domain=shop.example.org"),
        ("domain", "*.example.org", "is no host name"),
        ("domain", "a b", "is no host name"),
        ("domain", "a.org,b.org", "is no host name"),
        ("app", "My-Shop!", "becomes a Unix user, and takes up to 30 lower-case letters"),
        ("app", "My-Shop!", "For example: -e app=my-shop"),
        ("app", "9", "-e app=shop"),
        ("app", "postgres", "is a name that the host has already"),
        ("host", "root@web1", "has the user in front: name it by itself. For example: -e host=web1 -e user=root"),
        ("host", "ssh://web1", "is no name and no address of a server"),
        ("host", "web1:2222", "is no name and no address"),
        ("host", "web 1", "is no name and no address"),
        ("host", "web1,web2", "is no name and no address"),
        ("stage", "../x", "becomes a folder beside `apps.yml`"),
        ("stage", "/tmp/x", "becomes a folder"),
        ("stage", ".", "becomes a folder"),
        ("stage", "a b", "becomes a folder"),
        ("stage", "ci", "becomes a folder"),
        ("user", "Root!", "is no name of a user"),
        ("user", "a: b", "is no name of a user"),
        ("adopt", "perhaps", "takes true or false"),
        ("project_folder", "shop", "is a whole path on the server"),
        ("source", "/nope", "is neither here nor the URL of a git repository"),
        ("source", "~nobodyx/shop", "is neither here nor"),
        ("source", "shop.tar.gz", "is neither here nor"),
    ],
)
def test_a_value_that_makes_no_inventory(name, value, words):
    (line,) = told({name: value})
    assert line.startswith(f"`-e {name}={value}` ")
    assert words in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "192.0.2.7"),
        ("host", "2001:db8::7"),
        ("host", "web1"),
        ("host", "Web_1.example.org"),
        ("domain", "shop"),
        ("domain", "xn--bcher-kva.example"),
        ("stage", "staging-2"),
        ("user", "debian"),
        ("app", "my_shop-2"),
        ("adopt", "yes"),
        ("adopt", "True"),
        ("project_folder", "/srv/shop"),
        ("source", "/"),
        ("source", "."),
        ("source", "https://git.example.org/shop.git"),
        ("source", "git@git.example.org:team/shop.git"),
        ("domain", ""),
        ("app", ""),
    ],
)
def test_a_value_that_makes_one(name, value):
    assert told({name: value}) == []


def test_a_source_starts_where_the_user_stands(tmp_path):
    (tmp_path / "shop").mkdir()
    assert told({"source": "shop"}, here=str(tmp_path)) == []
    assert len(told({"source": "shop"}, here=str(tmp_path / "shop"))) == 1


def test_names_that_nothing_reads():
    (line,) = told(named={"hots": "web1", "user": "root", "ansible_verbosity": "1"})
    assert line == "`-e hots` is read by nothing. Did you mean `host`?"
    (line,) = told(named={"_raw_params": "shop"})
    assert "`shop` stands behind a space" in line
