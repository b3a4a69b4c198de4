"""PostgreSQL: who may do what, what the server was given, and that it stays up."""

import re
import time

import pytest

PLAYBOOK = "molecule/postgresql/converge.yml"
DATABASE, PASSWORD = "Müller's $hop", 'it\'s "%" é\\ ' + "x" * 200


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


def test_the_databases_of_the_server_are_its_own(psql):
    for database in ("postgres", "template1"):
        assert f'permission denied for database "{database}"' in psql("SELECT 1", "blog", database).stderr


def test_one_application_leaves_connections_to_the_others(host, psql):
    script = """
import psycopg2
kept = []
try:
    while True:
        kept.append(psycopg2.connect("dbname=blog"))
except psycopg2.OperationalError as error:
    print(len(kept), error)
"""
    said = host.check_output("runuser -u blog -- python3 -c %s", script)
    most = int(psql("SHOW max_connections").stdout) * 3 // 4
    assert re.match(rf'{most} .*too many connections for role "blog"', said)
    assert psql("SELECT 1", "blog", "blog").rc == 0


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


def test_the_server_is_in_a_sandbox(host, unit, unit_name, exposed):
    """It listens on the network here, and looks at it for `samenet`; alone with its socket it has 1.1 (`default`)."""
    assert exposed(unit_name) <= 1.4
    inside = f"nsenter --mount --target {unit(unit_name)['MainPID']}"
    for path in ("/etc/a", "/usr/a", "/root/a", "/home/a"):
        assert host.run(f"{inside} touch {path}").rc != 0, path
    assert host.check_output(f"ps -o user= -p {unit(unit_name)['MainPID']}") == "postgres"


def test_long_queries_are_compiled(psql):
    if psql("SELECT pg_jit_available()").stdout != "t\n":
        pytest.skip("without the compiler")
    compiled = psql(
        "SET jit_above_cost = 0; SET jit_inline_above_cost = 0; SET jit_optimize_above_cost = 0;"
        " EXPLAIN (ANALYZE) SELECT sum(i * 2.5) FROM generate_series(1, 1000) i WHERE i % 3 = 0"
    )
    assert "Inlining true" in compiled.stdout, compiled.stderr


def test_the_tools_of_debian_work(host, psql, unit_name):
    """Without its log, and by the commands that an operator knows."""
    version = unit_name.partition("@")[2].partition("-")[0]
    log = f"/var/log/postgresql/postgresql-{version}-main.log"
    host.check_output(f"pg_ctlcluster {version} main reload && rm {log} && systemctl restart {unit_name}")
    wait(psql)
    assert "ready to accept connections" in host.check_output(f"cat {log}")
    # As logrotate does.
    host.check_output(f"cp {log} {log}.1 && truncate --no-create --size=0 {log}")
    assert psql("SELECT pg_reload_conf()").stdout == "t\n"
    host.check_output(f"timeout 10 sh -c 'until grep --quiet SIGHUP {log}; do sleep 0.2; done'")
    host.check_output(f"pg_ctlcluster {version} main restart")
    wait(psql)


def test_tablespaces_lie_anywhere(host, psql):
    host.check_output("install --directory --owner=postgres --mode=0700 /srv/fast /mnt/archive")
    psql("CREATE TABLESPACE fast LOCATION '/srv/fast'")
    assert psql("CREATE TABLE t TABLESPACE fast AS SELECT 1; COPY t TO '/mnt/archive/t'").rc == 0
    psql("DROP TABLE t; DROP TABLESPACE fast")
    psql("DROP TABLESPACE fast")


def test_text_is_utf8_and_damage_is_noticed(psql):
    assert psql("SHOW server_encoding", "my-shop", "my-shop").stdout == "UTF8\n"
    assert psql("SHOW data_checksums").stdout == "on\n"


@pytest.fixture
def remote(host):
    """Return a function that runs one statement over the network, as a role with a password."""
    address = host.check_output("hostname --all-ip-addresses").split()[0]

    def run(statement, user, password, database=DATABASE, sslmode="verify-full", name="db.example.org"):
        server = f"host={name} hostaddr={address} sslmode={sslmode} sslrootcert=/etc/ssl/groundcrew/ca/ca.pem"
        login = "user='{}' dbname='{}'".format(*(word.replace("'", "\\'") for word in (user, database)))
        target = f"{server} {login}"
        return host.run("cd / && PGPASSWORD=%s psql -XAtd %s -c %s", password, target, statement)

    return run


def test_a_client_of_the_network_takes_tls_and_the_password(remote):
    seen = remote("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()", "müller", PASSWORD)
    assert seen.stdout == "t|TLSv1.3\n", seen.stderr
    assert "password authentication failed" in remote("SELECT 1", "müller", "guess").stderr
    assert "no encryption" in remote("SELECT 1", "müller", PASSWORD, sslmode="disable").stderr
    assert "does not match host name" in remote("SELECT 1", "müller", PASSWORD, name="elsewhere.example.org").stderr
    assert "no pg_hba.conf entry" in remote("SELECT 1", "müller", PASSWORD, "postgres").stderr
    assert "no pg_hba.conf entry" in remote("SELECT 1", "my-shop", PASSWORD, "my-shop").stderr


@pytest.mark.split
def test_a_new_certificate_is_read_without_a_restart(host, play, remote, unit, unit_name):
    before, keys = (
        unit(unit_name)["MainPID"],
        "/etc/ssl/groundcrew/postgresql/privkey.pem /var/lib/postgresql/groundcrew/",
    )
    old = host.check_output("cd /var/lib/postgresql/groundcrew && sha256sum fullchain.pem")
    host.check_output("rm /etc/ssl/groundcrew/postgresql/fullchain.pem")
    assert play(PLAYBOOK).returncode == 0
    assert host.run("cd /var/lib/postgresql/groundcrew && echo %s | sha256sum --check", old).rc == 1
    assert remote("SELECT 1", "müller", PASSWORD).stdout == "1\n"
    assert unit(unit_name)["MainPID"] == before
    assert "".join(host.check_output(f"find {keys} -type f -perm /077")) == ""


def test_a_reader_reads_what_the_owner_made_later(psql, remote):
    remote("CREATE TABLE IF NOT EXISTS later AS SELECT 42 AS answer", "müller", PASSWORD)
    assert remote("SELECT answer FROM later", "auditor", "reads").stdout == "42\n"
    for statement in ("DELETE FROM later", "CREATE TABLE mine (i int)", "CREATE TEMPORARY TABLE mine (i int)"):
        assert "permission denied" in remote(statement, "auditor", "reads").stderr
    assert "permission denied" in psql("SET ROLE auditor; SELECT 1", "my-shop", "my-shop").stderr
    assert "no password supplied" in remote("SELECT 1", "local one", "").stderr


def test_the_locale_is_the_one_that_was_asked_for(psql):
    assert psql("SELECT datcollate FROM pg_database WHERE datallowconn ORDER BY datname LIMIT 1").stdout == "C\n"


@pytest.mark.split
@pytest.mark.parametrize(
    ("databases", "connections", "reason"),
    [
        ([{"name": "x" * 200}], 50, "cannot name a database"),
        ([{"name": "shop", "owner": "postgres"}], 50, "postgres cannot name a database"),
        ([{"name": "shop", "read_only_roles": [{"name": 'o"o'}]}], 50, "cannot name a database"),
        ([{"name": "shop", "clients": ["10.0.0.0/99"]}], 50, "invalid CIDR mask"),
        ([], 500, "All clients together may open 500 connections to PostgreSQL, which takes 60 and keeps 10"),
    ],
)
def test_what_cannot_be_is_refused(host, play, unit, unit_name, remote, databases, connections, reason):
    before = unit(unit_name)["MainPID"], host.check_output("cat /etc/postgresql/*/main/pg_hba.conf")
    result = play(PLAYBOOK, databases=databases, connections=connections)
    assert result.returncode != 0
    assert reason in " ".join(result.stdout.split())
    assert (unit(unit_name)["MainPID"], host.check_output("cat /etc/postgresql/*/main/pg_hba.conf")) == before
    assert remote("SELECT 1", "müller", PASSWORD).stdout == "1\n"


@pytest.mark.split
def test_a_setting_that_can_be_reloaded_does_not_restart(play, psql, unit, unit_name):
    before = unit(unit_name)["MainPID"]
    assert play(PLAYBOOK, settings={"max_connections": 60, "work_mem": "7MB"}).returncode == 0
    assert psql("SHOW work_mem").stdout == "7MB\n"
    assert unit(unit_name)["MainPID"] == before


@pytest.mark.split
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"shared_buffers": "12 potatoes"}, 'invalid value for parameter "shared_buffers": "12 potatoes"'),
        ({"shared_bufers": "1GB"}, 'unrecognized configuration parameter "shared_bufers"'),
        # Only a server that starts can tell that these two do not go together.
        ({"max_connections": 60, "wal_level": "minimal"}, "WAL archival cannot be enabled"),
    ],
)
def test_a_bad_setting_leaves_the_server_running(play, psql, unit, unit_name, settings, reason):
    before = unit(unit_name)["MainPID"]
    result = play(PLAYBOOK, settings=settings)
    assert result.returncode != 0
    assert reason in result.stdout
    assert unit(unit_name)["MainPID"] == before
    assert psql("SHOW max_connections").stdout == "60\n"
    assert psql("SELECT count(*) FROM pg_settings WHERE pending_restart").stdout == "0\n"


@pytest.mark.split
def test_settings_stay_where_something_else_keeps_the_server_down(host, play, psql, unit_name):
    """Twice in a row; and they are none of an older change."""
    data, conf = "/var/lib/postgresql/*/main", "/etc/postgresql/*/main/conf.d/groundcrew.conf"
    assert play(PLAYBOOK).returncode == 0
    settings = host.check_output(f"cat {conf}")
    host.check_output(f"cd {data} && mv PG_VERSION PG_VERSION.away && systemctl stop {unit_name}")
    try:
        for _ in range(2):
            result = play(PLAYBOOK)
            assert result.returncode != 0
            assert "nor with the settings before" in result.stdout
            assert host.check_output(f"cat {conf}") == settings
    finally:
        host.check_output(f"cd {data} && mv PG_VERSION.away PG_VERSION && systemctl start {unit_name}")
    assert play(PLAYBOOK).returncode == 0
    assert psql("SHOW max_connections").stdout == "60\n"
    assert host.run(f"ls {conf}.before").stdout == ""


@pytest.mark.split
def test_another_port_takes_a_restart(host, play, psql):
    settings = {"max_connections": 60, "port": 5433}
    result = play(PLAYBOOK, settings=settings)
    assert result.returncode == 0, result.stdout[-3000:]
    assert host.check_output("cd / && runuser -u my-shop -- psql -XAt -p 5433 -c 'SHOW port'") == "5433"
    # Databases and roles are asked for there, too.
    assert "changed=0" in play(PLAYBOOK, settings=settings).stdout
    assert play(PLAYBOOK).returncode == 0
    assert psql("SHOW port").stdout == "5432\n"


@pytest.mark.split
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


@pytest.mark.split
def test_what_was_taken_away_comes_back(host, play, psql, unit, unit_name):
    psql("DROP EXTENSION pg_trgm", database="my-shop")
    psql('GRANT CONNECT ON DATABASE "my-shop" TO PUBLIC')
    psql("ALTER ROLE blog CREATEDB CONNECTION LIMIT -1")
    psql("GRANT CONNECT ON DATABASE postgres TO PUBLIC")
    host.check_output("systemctl disable --now %s", unit_name)
    host.check_output("rm /etc/systemd/system/%s.service.d/groundcrew.conf", unit_name)
    assert play(PLAYBOOK).returncode == 0
    assert unit(unit_name)["UnitFileState"] == "enabled"
    assert unit(unit_name)["Restart"] == "on-failure"
    assert psql("SELECT similarity('a', 'a')", "my-shop", "my-shop").rc == 0
    assert "permission denied" in psql("SELECT 1", "blog", "my-shop").stderr
    assert "permission denied" in psql("CREATE DATABASE x", "blog", "blog").stderr
    assert "permission denied" in psql("SELECT 1", "blog", "postgres").stderr
    assert psql("SELECT rolconnlimit > 0 FROM pg_roles WHERE rolname = 'blog'").stdout == "t\n"
    assert "changed=0" in play(PLAYBOOK).stdout


# Each line of the log is the number of a row whose commit the server had confirmed.
WRITER = """
cd /var/tmp; rm -f confirmed; touch confirmed; chown my-shop: confirmed
runuser -u my-shop -- sh -c '
  for number in $(seq 100000); do
    psql -XAtqd my-shop -c "INSERT INTO rows VALUES ($number)" 2> /dev/null && echo $number >> confirmed
    [ -e /run/stop-writing ] && exit
  done' > /dev/null 2>&1 &
"""


@pytest.fixture
def written(host, psql):
    """Write rows all the time; the function that it returns ends that, and gives the confirmed rows and those there."""
    psql("CREATE TABLE rows (number int)", "my-shop", "my-shop")
    host.check_output(f"rm -f /run/stop-writing; {WRITER}")
    time.sleep(1)

    def stop():
        host.check_output("touch /run/stop-writing")
        confirmed = set(host.check_output("cat /var/tmp/confirmed").split())
        return confirmed, set(psql("SELECT number FROM rows", "my-shop", "my-shop").stdout.split())

    yield stop
    stop()
    psql("DROP TABLE rows", "my-shop", "my-shop")


# Rows of before and after: a busy machine writes few in a second.
ENOUGH = "timeout 60 sh -c 'until [ $(wc -w < /var/tmp/confirmed) -gt 20 ]; do sleep 0.2; done'"


def wait(psql, seconds=30):
    """Wait until the server answers."""
    deadline = time.monotonic() + seconds
    while psql("SELECT 1", "my-shop", "my-shop").rc != 0:
        assert time.monotonic() < deadline, "PostgreSQL stays dead"
        time.sleep(0.5)


def test_a_server_killed_while_it_writes_comes_back_with_every_row(host, psql, unit, unit_name, written):
    host.check_output("kill -KILL %s", unit(unit_name)["MainPID"])
    wait(psql)
    # A backend that outlived the postmaster could have answered.
    assert unit(unit_name)["NRestarts"] == "1"
    host.check_output(ENOUGH)
    confirmed, rows = written()
    assert confirmed <= rows


@pytest.mark.split
def test_a_full_disk_costs_no_row_and_heals_by_itself(host, psql, unit_name, written):
    """The log of changes lies on a disk of its own, on which 1 MB is left."""
    wal = host.check_output("ls -d /var/lib/postgresql/*/main/pg_wal")
    host.check_output(
        f"systemctl stop {unit_name} && mv {wal} {wal}.before && mkdir {wal} && mount -t tmpfs -o size=64m tmpfs {wal}"
        f" && cp -a {wal}.before/. {wal} && chown postgres: {wal} && systemctl start {unit_name}"
    )
    try:
        wait(psql)
        host.check_output(f"fallocate -l $(($(df --output=avail -B1 {wal} | tail -n 1) - 1000000)) {wal}/filler")
        filler = "INSERT INTO rows SELECT 0 FROM generate_series(1, 1000000)"
        assert psql(filler, "my-shop", "my-shop").rc != 0
        host.check_output(f"rm {wal}/filler && mount -o remount,size=512m {wal}")
        wait(psql)
        host.check_output(ENOUGH)
        confirmed, rows = written()
        assert confirmed <= rows
        assert "0" not in rows
    finally:
        host.check_output(
            f"systemctl stop {unit_name} && cp -a {wal} {wal}.new && umount {wal} && rm -r {wal} {wal}.before"
            f" && mv {wal}.new {wal} && systemctl start {unit_name}"
        )
