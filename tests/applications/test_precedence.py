"""Every key of an application: given in the application, flat, in both, nowhere. The specifications list them."""

import pytest
from applications import keys, parts, resolve, specification

from inventories import APP, KEY, every_part, make_host, resolved

KEYS = keys.keys()
FLAT = {name: key for name, key in KEYS.items() if key.flat}


def sample(option, which):
    """Return a right value of an option; `which` is 0 or 1 for another one."""
    if option.choices:
        value = option.choices[-which]
        return [value] if option.type == "list" else value
    if option.type == "list":
        inner = specification.Option(option.elements, options=option.options)
        return [sample(inner, which)]
    if option.type == "dict":
        return {name: sample(inner, which) for name, inner in option.options.items()} or {"KEY": f"value {which}"}
    texts = {"str": f"value {which}", "path": f"/folder/{which}", "int": 7 + which, "bool": bool(which), "float": 0.5}
    return texts[option.type]


def typed(option, value):
    """Return a value as the specification completes it."""
    problems = []
    made = specification.check(option, value, "", problems)
    assert problems == []
    return made


@pytest.mark.parametrize("name", KEYS)
def test_given_in_the_application(name):
    option = KEYS[name].option
    value = sample(option, 1)
    application, wrong = resolved({**APP, name: value})
    assert wrong == []
    assert application[name] == typed(option, value)
    assert application.places[name] == name


@pytest.mark.parametrize("name", FLAT)
def test_given_flat(name):
    option = KEYS[name].option
    value = sample(option, 1)
    given = {key: one for key, one in APP.items() if key != name}
    application, wrong = resolved(given, **{f"django_app_{name}": value})
    assert wrong == []
    assert application[name] == typed(option, value)
    assert application.places[name] == f"django_app_{name}"


@pytest.mark.parametrize("name", FLAT)
def test_given_in_both(name):
    option = KEYS[name].option
    own, shared = sample(option, 1), sample(option, 0)
    application, wrong = resolved({**APP, name: own}, **{f"django_app_{name}": shared})
    assert wrong == []
    assert application[name] == typed(option, own)


@pytest.mark.parametrize("name", sorted(set(KEYS) - {"name", "source", "domains"}))
def test_given_nowhere(name):
    option = KEYS[name].option
    application, wrong = resolved(APP)
    assert wrong == []
    assert application.places[name] == ""
    assert application[name] == (typed(option, option.default) if option.default is not None else None)


@pytest.mark.parametrize("name", KEYS)
def test_null_is_as_good_as_left_out(name):
    application, _ = resolved({**APP, name: None})
    assert application.places[name] == ""


@pytest.mark.parametrize("name", sorted(set(KEYS) - {"name", "state", "purge"}))
def test_a_key_reaches_the_role_that_owns_it(name):
    """Whole and typed, without an edit of the resolver: this is what makes a new key two edits."""
    option, owner = KEYS[name].option, KEYS[name].owner
    application, _ = resolved({**APP, name: sample(option, 1)}, groups=["django", "postgresql"])
    made = parts.every(application, True)
    part = {
        "django_app": made["app"],
        "nginx": made["site"],
        "worker": made["worker"],
        "certificate": {"certificate": {inner: made["certificate"].get(inner) for inner in option.options}},
        "postgresql": made["postgresql"][0],
    }[owner.role]
    expected = typed(option, sample(option, 1))
    assert part[name] == expected


def test_an_application_may_say_a_part_of_its_probe():
    application, _ = resolved({**APP, "probe": {"timeout": 5}}, django_app_probe={"path": "/health/", "timeout": 9})
    assert application["probe"] == {"path": "/health/", "status": [], "timeout": 5}


def test_what_is_given_wins_over_what_the_groups_provide():
    groups = ["django", "postgresql", "redis"]
    url = "postgresql://shop@db.example.org/shop"
    shared = {
        "django_app_database_url": url,
        "django_app_cache_url": "redis://c/0",
        "django_app_broker_url": "redis://q/0",
    }
    application, _ = resolved({**APP, "processes": [{"name": "a", "run": "b"}]}, groups=groups, **shared)
    assert [application[key] for key in resolve.provide(make_host(groups=groups), "shop", True)] == list(
        shared.values()
    )


def test_what_the_groups_provide_wins_over_the_default():
    application, _ = resolved(APP, groups=["django", "mariadb", "memcached"])
    assert application["database_url"] == "mysql:///shop"
    assert application["cache_url"] == "pymemcache:///run/memcached-shop/memcached.sock"
    assert application["broker_url"] == ""


def test_the_version_of_the_command_line_wins():
    host = make_host(apps=[{"version": "v1", "source": "git@example.org:shop.git", "deploy_key": KEY}])
    one = every_part(host, app="shop", version="v2")["hosts"]["web1"]["applications"][0]
    assert one["app"]["version"] == "v2"


def test_each_host_has_its_own_flat_variables():
    hosts = [make_host(name, apps={}, django_app_workers=count) for name, count in (("web1", 3), ("web2", 5))]
    hosts = [host for host in hosts if host.variables["django_apps"][0].update(database_url="sqlite:////x") is None]
    found = every_part(*hosts)["hosts"]
    assert [found[name]["applications"][0]["app"]["workers"] for name in ("web1", "web2")] == [3, 5]


def test_no_key_belongs_to_two_roles():
    names = [name for owner in keys.OWNERS for name in ([owner.under] if owner.under else owner.options)]
    assert sorted(names) == sorted(set(names))


def test_a_key_of_two_roles_is_refused(monkeypatch):
    monkeypatch.setattr(keys, "OWNERS", [keys.OWNERS[0], keys.OWNERS[0]])
    with pytest.raises(ValueError, match="name is a key of django_app and of django_app"):
        keys.keys.__wrapped__()


@pytest.mark.parametrize("owner", keys.OWNERS, ids=lambda owner: owner.role)
def test_what_is_computed_is_an_option_of_its_role(owner):
    every = specification.load(owner.role)[owner.entry][owner.option].options
    assert owner.given - set(every) == set()
