"""The key that Django signs with is changed in the file that gives it, and nothing else in there is."""

import pytest
from applications import engine, rotation

keys = engine.load("keys")
OLD = "o" * 64
FILE = f"""---
# What the shop knows.
vault_shop_env:
  DJANGO_SECRET_KEY: {OLD}   # made by new_inventory
  MAIL: "a: b"
vault_blog_env: {{}}
"""


def through(text, env, *steps):
    """Return a file of variables after these steps, as one run takes them."""
    name, before = rotation.known(env)
    for step in steps:
        text = rotation.write(text, name, rotation.move(rotation.read(text, name, before), before, step))
    return text


def test_three_steps_change_two_lines():
    env = {"DJANGO_SECRET_KEY": OLD}
    prepared = through(FILE, env, "prepare")
    assert next(line for line in prepared.splitlines() if line not in FILE.splitlines()).startswith(
        f'  DJANGO_SECRET_KEY: "{OLD}"   # made by new_inventory'
    )
    used = through(prepared, env, "use")
    now = rotation.read(used, "DJANGO_SECRET_KEY", keys.Keys(OLD))
    assert (now.key != OLD, now.fallbacks) == (True, (OLD,))
    env = {"DJANGO_SECRET_KEY": now.key, "DJANGO_SECRET_KEY_FALLBACKS": OLD}
    done = through(used, env, "finish")
    assert done == FILE.replace(OLD, f'"{now.key}"')


def test_what_one_host_has_done_the_next_finds_done():
    env = {"DJANGO_SECRET_KEY": OLD}
    once = through(FILE, env, "prepare")
    assert through(once, env, "prepare") == once
    used = through(once, env, "use")
    assert through(used, env, "use") == used


@pytest.mark.parametrize(
    "text",
    [
        FILE.replace(OLD, '"{{ vault_key }}"'),
        FILE.replace(OLD, "x" * 64),
        FILE + f"also:\n  DJANGO_SECRET_KEY: {OLD}\n",
        "other: 1\n",
    ],
    ids=["template", "another application's", "twice", "none"],
)
def test_a_file_that_does_not_give_the_key_once_is_none(text):
    assert rotation.read(text, "DJANGO_SECRET_KEY", keys.Keys(OLD)) is None


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_key_may_be_quoted(quote):
    text = FILE.replace(OLD, f"{quote}{OLD}{quote}")
    assert rotation.read(text, "DJANGO_SECRET_KEY", keys.Keys(OLD)) == keys.Keys(OLD)


def test_the_variable_is_the_one_that_the_application_has():
    assert rotation.known({"SECRET_KEY": "a"}) == ("SECRET_KEY", keys.Keys("a"))
    assert rotation.known({"A": "b"})[0] == ""
