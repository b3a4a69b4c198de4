"""A host whose Debian moved up still has the PostgreSQL of the one before: it serves, and moves when it is told to.

The tests of a host build on each other, in this order.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

SITE, MOVE = "playbooks/site.yml", "playbooks/upgrade_postgresql.yml"
FILL = """
INSERT INTO shop_visit (written) SELECT clock_timestamp() FROM generate_series(1, 300000);
CREATE TABLE IF NOT EXISTS names AS SELECT 'Zoë ' || n AS name FROM generate_series(1, 1000) n;
"""
COUNT = "SELECT count(*), (SELECT md5(string_agg(name, ',' ORDER BY name COLLATE \"C\")) FROM names) FROM shop_visit"
OWN = "echo deadlock_timeout = 2s > /etc/postgresql/%s/main/conf.d/own.conf"
# Asked on the host itself: a restore of these rows can be over between two questions from outside.
CUT = """
until pgrep --full '[p]g_restore'; do sleep 0.01; done
pkill -KILL --full '[g]roundcrew-postgresql-upgrade|[p]g_upgradecluster|[p]g_dump|[p]g_restore'
"""


def psql(host, query, port=5432):
    """Return what a query of the application's database gives, as text."""
    return host.check_output(
        "cd / && runuser --user=postgres -- psql -qAt --port=%s --dbname=shop --command=%s", str(port), query
    )


@pytest.fixture
def versions(host):
    """Return the major versions (str, str) before and after the move."""
    return {"12": ("13", "15"), "13": ("15", "17")}[host.system_info.release.partition(".")[0]]


@pytest.fixture
def clusters(host):
    """Return a function that tells the clusters of the host: ``{version: (port, state)}``."""

    def ask():
        lines = host.check_output("pg_lsclusters --no-header").splitlines()
        return {line.split()[0]: tuple(line.split()[2:4]) for line in lines}

    return ask


def test_no_run_begins_anew_beside_the_data(host, play, http, clusters, versions):
    psql(host, FILL)
    host.check_output(OWN, versions[0])
    result = play(SITE, postgresql_version="")
    assert result.returncode != 0
    assert f"PostgreSQL {versions[0]} holds the databases of this host" in result.stdout
    assert list(clusters()) == [versions[0]]
    assert "rows 300000" in http("https://shop.example.org/").text


@pytest.mark.split
def test_a_setting_that_the_new_one_does_not_know_is_refused(host, play, clusters, versions):
    setting = {"13": "operator_precedence_warning", "15": "old_snapshot_threshold"}[versions[0]]
    host.check_output("echo %s = 1 > %s", setting, f"/etc/postgresql/{versions[0]}/main/conf.d/own.conf")
    result = play(MOVE, postgresql_version="")
    assert f'unrecognized configuration parameter "{setting}"' in result.stdout.rpartition("Tell why")[2]
    assert clusters() == {versions[0]: ("5432", "online")}
    host.check_output(OWN, versions[0])


@pytest.mark.split
def test_a_move_that_loses_something_is_undone(host, play, http, clusters, versions):
    """A view of something that the new version has no more: the tool itself goes on without it."""
    view = {"13": "SELECT 5 !", "15": "SELECT buffers_backend FROM pg_stat_bgwriter"}[versions[0]]
    psql(host, f"CREATE VIEW gone AS {view}")
    files = f"cd /etc/postgresql/{versions[0]}/main && sha256sum *.conf conf.d/*"
    before = host.check_output(files)
    result = play(MOVE, postgresql_version="")
    assert f"PostgreSQL {versions[0]} serves as before" in result.stdout
    assert "shop|public|v|gone" in result.stdout
    assert clusters() == {versions[0]: ("5432", "online")}
    assert host.check_output(files) == before
    assert "rows 300000" in http("https://shop.example.org/").text
    psql(host, "DROP VIEW gone")


def test_a_move_that_was_cut_short_ends_well_the_next_time(host, play, http, clusters, versions):
    before = psql(host, COUNT)
    with ThreadPoolExecutor() as pool:
        run = pool.submit(play, MOVE, postgresql_version="")
        host.check_output("timeout 300 sh -c %s", CUT)
        assert run.result().returncode != 0
    assert len(clusters()) == 2
    result = play(MOVE, postgresql_version="")
    assert result.returncode == 0, result.stdout[-4000:]
    assert {version: state for version, (_, state) in clusters().items()} == {
        versions[0]: "down",
        versions[1]: "online",
    }
    assert clusters()[versions[1]][0] == "5432"
    assert psql(host, COUNT) == before
    assert psql(host, "SHOW deadlock_timeout") == "2s"
    assert "rows 300000" in http("https://shop.example.org/").text
    assert http("https://shop.example.org/write").status == 200
    assert host.run("shop-manage migrate --check").rc == 0


def test_the_new_one_is_backed_up_and_can_be_restored(host, versions):
    assert host.run("systemctl start groundcrew-drill.service").rc == 0
    assert "301,002 rows in 3 tables" in host.check_output("groundcrew-backup status")
    info = host.check_output("cd / && runuser --user=postgres -- pgbackrest info --output=json")
    assert f'"version":"{versions[1]}"' in info


def test_the_old_one_goes_when_it_is_told_to(host, play, clusters, versions):
    # The cluster and its package, and nothing else.
    assert "changed=2 " in play(MOVE, postgresql_version="", drop_old=True).stdout
    assert list(clusters()) == [versions[1]]
    assert not host.package(f"postgresql-{versions[0]}").is_installed
    assert not host.file(f"/var/lib/postgresql/{versions[0]}/main").exists
