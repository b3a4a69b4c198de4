"""Who is on a host already: an application takes over nobody's user and nobody's group."""

import pytest
from applications import users

OURS = "shop:x:998:998:Django application shop:/srv/shop:/usr/sbin/nologin\nshop:x:998:www-data\n"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        OURS,
        OURS.replace("\n", "\r\n"),
        OURS.replace("/usr/sbin/nologin", "/bin/false"),
        "blog:x:9:9::/home/blog:/bin/sh",
    ],
)
def test_a_name_that_is_free_or_the_application_s_own(answer):
    assert users.strangers(answer, ["shop"]) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("shop:x:1000:1000:,,,:/home/shop:/bin/bash", "user `shop` (home /home/shop, shell /bin/bash)"),
        ("shop:x:998:998::/var/lib/shop:/usr/sbin/nologin", "home /var/lib/shop"),
        # Somebody logs in there.
        ("shop:x:998:998::/srv/shop:/usr/bin/git-shell", "shell /usr/bin/git-shell"),
        ("shop:x:999:alice,bob", "group `shop` with alice,bob and no such user"),
        ("shop:x:999:", "groupdel shop"),
    ],
)
def test_what_belongs_to_somebody_else(answer, words):
    (sentence,) = users.strangers(answer, ["shop", "blog", "shop"])
    assert words in sentence
