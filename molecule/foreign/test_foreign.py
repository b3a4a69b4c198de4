"""Roles of the collection in somebody else's playbook."""


def test_the_site_serves_what_the_playbook_published(http):
    assert http("https://wiki.example.org/").text == "<h1>A wiki</h1>\n"


def test_the_user_reaches_its_database_and_its_cache(host):
    psql = "runuser -u wiki -- psql -XAt wiki --command"
    assert host.check_output(f"cd / && {psql} \"SELECT similarity('wiki', 'wiki')\"") == "1"
    assert host.check_output(f"cd / && {psql} 'SHOW max_connections'") == "40"
    assert host.check_output("runuser -u wiki -- redis-cli -s /run/redis-wiki/redis.sock PING") == "PONG"


def test_nothing_else_of_the_collection_came_along(host):
    assert not host.file("/etc/django").exists
    assert not host.file("/etc/sysctl.d/60-groundcrew.conf").exists
