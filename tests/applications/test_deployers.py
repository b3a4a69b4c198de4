"""Keys that can deploy one application, and nothing else."""

import pytest
from applications import deployers

from inventories import KEY, kinds, make_host, mistakes

CI = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDpOJJTLuFNZkWk3kQ3VtTe4dRpUJcJ8Hp0WvFfUpGmF"
LIMITED = 'restrict,command="sudo /usr/local/bin/groundcrew-deploy {0} {1}" {2} {1}\n'


@pytest.mark.parametrize(
    ("key", "who"),
    [
        (f"{CI} ci@forge", "ci@forge"),
        (f"  {CI}\n", "groundcrew-deploy"),
        (f'command="sh" {CI} a"; reboot #\n', "a-reboot"),
    ],
)
def test_a_line_is_limited_whatever_stands_in_the_key(key, who):
    assert deployers.lines({"shop": [key]}) == LIMITED.format("shop", who, CI)


def test_there_is_no_line_without_a_whole_key():
    assert deployers.lines({"shop": ["nonsense"], "blog": []}) == ""


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([KEY], "has a private key for shop"),
        (["ci@forge"], "no whole public key for shop (`ci@forge`)"),
        ([CI[:-4]], "no whole public key"),
        ([f'from="192.0.2.0/24" {CI}'], 'has `from="192.0.2.0/24"` before a key'),
        (CI, "no list of keys for shop"),
    ],
)
def test_a_key_that_lets_nobody_in_is_refused(keys, said):
    (line,) = mistakes(make_host(apps={}, ssh_deployers={"shop": keys}))
    assert said in line
    assert "ssh_deployers" in line


def test_one_key_deploys_one_application_which_is_there():
    shop, blog = ({"name": name, "domains": [f"{name}.example.org"]} for name in ("shop", "blog"))
    assert kinds(make_host(apps=[shop, blog], ssh_deployers={"shop": [CI], "blog": [CI]})) != []
    assert kinds(make_host(apps=[shop], ssh_deployers={"blog": [CI]})) == ["no-deployed-application"]
    assert kinds(make_host(apps=[shop], ssh_deployers={"shop": [f"{CI} ci"]})) == []
