"""PostgreSQL: who may do what, what the server was given, and that it stays up."""

import re
import time

import pytest

PLAYBOOK = "molecule/postgresql/converge.yml"


@pytest.fixture
def psql(host):
    """Return a function that runs one statement as a Unix user."""

    def run(statement, user="postgres", database="postgres"):
        if not host.user(user).exists:
            host.check_output("useradd --system %s", user)
        return host.run("cd / && runuser -u %s -- psql -XAtd %s -c %s", user, database, statement)

    return run


@pytest.fixture
def unit_name(host):
    """The unit of the cluster."""
    version = {"12": "15", "13": "17"}[host.system_info.release.split(".")[0]]
    return f"postgresql@{version}-main"


def test_the_owner_works_in_its_database_without_a_password(psql):
    assert psql("CREATE TABLE IF NOT EXISTS t (v text); DROP TABLE t", "my-shop", "my-shop").rc == 0
    assert psql("SELECT similarity('crew', 'crew') > 0.9", "my-shop", "my-shop").stdout == "t\n"


@pytest.mark.parametrize("statement", ["CREATE DATABASE x", "CREATE ROLE x", "COPY (SELECT 1) TO PROGRAM 'true'"])
def test_the_owner_may_do_nothing_else(psql, statement):
    assert re.search("permission denied|must be superuser", psql(statement, "my-shop", "my-shop").stderr)


def test_the_owner_of_another_database_is_refused(psql):
    assert psql("SELECT 1", "blog", "blog").rc == 0
    assert 'permission denied for database "my-shop"' in psql("SELECT 1", "blog", "my-shop").stderr


def test_a_user_without_a_role_is_refused(psql):
    assert 'role "nobody" does not exist' in psql("SELECT 1", "nobody", "blog").stderr


def test_memory_follows_the_host(host, psql):
    total = int(host.check_output("awk '/MemTotal/ {print $2}' /proc/meminfo")) * 1024
    shared, cache = (
        int(psql(f"SELECT pg_size_bytes('{name}')").stdout)
        for name in (psql("SHOW shared_buffers").stdout.strip(), psql("SHOW effective_cache_size").stdout.strip())
    )
    assert 0.24 < shared / total < 0.30
    assert 0.68 < cache / total < 0.80


def test_slow_statements_are_logged_and_all_are_counted(host, psql):
    psql("SELECT pg_sleep(1.1), 'a slow one'", "my-shop", "my-shop")
    assert "a slow one" in host.check_output("tail --lines=20 /var/log/postgresql/*.log")
    seen = psql("SELECT calls > 0 FROM pg_stat_statements WHERE query LIKE 'SELECT pg_sleep($1), $2' LIMIT 1").stdout
    assert seen == "t\n"


def test_settings_reach_the_server(psql):
    assert psql("SHOW max_connections").stdout == "60\n"
    assert psql("SHOW log_line_prefix").stdout == '%m it\'s "quoted" \\ \n'
    assert psql("SELECT count(*) FROM pg_settings WHERE pending_restart").stdout == "0\n"


def test_text_is_utf8_and_damage_is_noticed(psql):
    assert psql("SHOW server_encoding", "my-shop", "my-shop").stdout == "UTF8\n"
    assert psql("SHOW data_checksums").stdout == "on\n"


def test_nobody_outside_can_connect(host):
    listeners = host.check_output("ss --listening --numeric --tcp --no-header '( sport = :5432 )'").splitlines()
    assert listeners
    assert all(line.split()[3] in ("127.0.0.1:5432", "[::1]:5432") for line in listeners)


def test_a_setting_that_can_be_reloaded_does_not_restart(play, psql, unit, unit_name):
    before = unit(unit_name)["MainPID"]
    assert play(PLAYBOOK, settings={"max_connections": 60, "work_mem": "7MB"}).returncode == 0
    assert psql("SHOW work_mem").stdout == "7MB\n"
    assert unit(unit_name)["MainPID"] == before


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"shared_bufers": "1GB"}, 'unrecognized configuration parameter "shared_bufers"'),
        # Only a server that starts can tell that these two do not go together.
        ({"max_connections": 60, "wal_level": "minimal"}, "WAL archival cannot be enabled"),
    ],
)
def test_a_bad_setting_leaves_the_server_running(play, psql, settings, reason):
    result = play(PLAYBOOK, settings=settings)
    assert result.returncode != 0
    assert reason in result.stdout
    assert psql("SHOW max_connections").stdout == "60\n"
    assert psql("SELECT count(*) FROM pg_settings WHERE pending_restart").stdout == "0\n"


def test_an_interrupted_run_is_made_up_for(host, play, psql, unit_name):
    """The file is as it should be, and the run that wrote it was killed before the server read it."""
    host.check_output(
        "cd /etc/postgresql/*/main/conf.d && cp groundcrew.conf /root && sed -i '/max_connections/d' groundcrew.conf"
        " && systemctl restart %s && cp /root/groundcrew.conf .",
        unit_name,
    )
    assert psql("SHOW max_connections").stdout == "100\n"
    assert play(PLAYBOOK).returncode == 0
    assert psql("SHOW max_connections").stdout == "60\n"
    assert psql("SELECT count(*) FROM pg_settings WHERE pending_restart").stdout == "0\n"


def test_what_was_taken_away_comes_back(host, play, psql, unit, unit_name):
    psql("DROP EXTENSION pg_trgm", database="my-shop")
    psql('GRANT CONNECT ON DATABASE "my-shop" TO PUBLIC')
    psql("ALTER ROLE blog CREATEDB")
    host.check_output("systemctl disable --now %s", unit_name)
    host.check_output("rm /etc/systemd/system/%s.service.d/groundcrew.conf", unit_name)
    assert play(PLAYBOOK).returncode == 0
    assert unit(unit_name)["UnitFileState"] == "enabled"
    assert unit(unit_name)["Restart"] == "on-failure"
    assert psql("SELECT similarity('a', 'a')", "my-shop", "my-shop").rc == 0
    assert "permission denied" in psql("SELECT 1", "blog", "my-shop").stderr
    assert "permission denied" in psql("CREATE DATABASE x", "blog", "blog").stderr
    assert "changed=0" in play(PLAYBOOK).stdout


def test_a_killed_server_comes_back(host, psql, unit, unit_name):
    host.check_output("kill -KILL %s", unit(unit_name)["MainPID"])
    deadline = time.monotonic() + 30
    while psql("SELECT 1", "my-shop", "my-shop").rc != 0:
        assert time.monotonic() < deadline, "PostgreSQL stays dead"
        time.sleep(0.5)
    # A backend that outlived the postmaster could have answered.
    assert unit(unit_name)["NRestarts"] == "1"
