"""PgBouncer: many clients on few connections, each user through its own instance."""

import re
import time

import pytest

PLAYBOOK = "molecule/pgbouncer/converge.yml"


@pytest.fixture
def psql(host):
    """Return a function that runs one statement through an instance, as a Unix user."""

    def run(statement, user="shop", instance="shop", database="shop"):
        command = "cd / && runuser -u %s -- psql -XAt -h %s -d %s -c %s"
        return host.run(command, user, f"/run/pgbouncer-{instance}", database, statement)

    return run


def test_the_user_reaches_its_database_and_no_other(psql):
    assert psql("SELECT current_user, current_database()").stdout == "shop|shop\n"
    assert "no such database" in psql("SELECT 1", database="postgres").stderr


@pytest.mark.parametrize("user", ["far", "nobody", "postgres"])
def test_other_users_are_refused(psql, user):
    assert "Permission denied" in psql("SELECT 1", user=user).stderr


def test_a_server_that_asks_for_a_password_gets_it(psql):
    assert psql("SELECT current_user", "far", "far", "far away").stdout == "far\n"


def test_an_instance_is_little_exposed(exposed):
    assert exposed("pgbouncer@shop.service") <= 1.3


def test_nothing_listens_on_a_port(host):
    assert host.check_output("ss --listening --numeric --tcp --no-header '( sport = :6432 )'") == ""
    assert not host.service("pgbouncer").is_enabled


def test_three_hundred_clients_share_five_connections(host):
    bench = "cd / && runuser -u shop -- /usr/lib/postgresql/*/bin/pgbench --no-vacuum --select-only --client=300"
    host.check_output("cd / && runuser -u shop -- /usr/lib/postgresql/*/bin/pgbench --initialize --quiet shop")
    # Straight to the server, which takes 30.
    assert re.search(
        "too many (clients|connections)|remaining connection", host.run(f"{bench} --transactions=1 shop").stderr
    )
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop'"
    result = host.run(
        f"{bench} --time=5 --host=/run/pgbouncer-shop shop & sleep 3;"
        f' runuser -u postgres -- psql -XAtc "{count}" > /tmp/connections; wait $!'
    )
    assert result.rc == 0, result.stderr
    assert 0 < int(host.check_output("cat /tmp/connections")) <= 5
    assert "number of failed transactions: 0 (" in result.stdout


def test_a_killed_instance_comes_back(host, psql, unit):
    host.check_output("kill -KILL %s", unit("pgbouncer@shop")["MainPID"])
    deadline = time.monotonic() + 20
    while psql("SELECT 1").stdout != "1\n":
        assert time.monotonic() < deadline, "PgBouncer stays dead"
        time.sleep(0.2)


def test_a_restart_of_the_server_is_got_over(host, psql):
    host.check_output("systemctl restart 'postgresql@*'")
    assert psql("SELECT 1").stdout == "1\n"


def test_a_bad_setting_leaves_the_instance_running(play, psql, unit):
    before = unit("pgbouncer@shop")["MainPID"]
    result = play(PLAYBOOK, patience="long")
    assert result.returncode != 0
    assert "query_wait_timeout" in result.stdout
    assert unit("pgbouncer@shop")["MainPID"] == before
    assert psql("SELECT 1").stdout == "1\n"


def test_an_absent_instance_leaves_nothing(host, play, psql, unit):
    assert play(PLAYBOOK, far="absent").returncode == 0
    assert unit("pgbouncer@far")["ActiveState"] == "inactive"
    assert host.run("ls -d /run/pgbouncer-far /etc/pgbouncer/far.*").stdout == ""
    assert psql("SELECT 1").stdout == "1\n"
    assert "changed=0" in play(PLAYBOOK, far="absent").stdout
