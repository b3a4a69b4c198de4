"""MariaDB: who may do what, that Django works there through the overlay, and that nothing committed is lost."""

import re
import time
from pathlib import Path

import pytest
from network import settles

PLAYBOOK = "molecule/mariadb/converge.yml"
OVERLAY = Path(__file__).parents[2] / "roles/django_app/files/groundcrew_release/inside/groundcrew_settings.py"
DJANGO = """
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core import checks
from django.db import connection
call_command('migrate', verbosity=0)
User.objects.filter(username='crew').delete()
User.objects.create(username='crew', first_name='Zoë 🚀')
name = User.objects.get(username='crew').first_name
print(connection.vendor, connection.mysql_is_mariadb, name == 'Zoë 🚀', len(checks.run_checks(databases=['default'])))
"""


@pytest.fixture
def sql(host):
    """Return a function that runs statements as a Unix user."""

    def run(statement, user="root", database=""):
        if not host.user(user).exists:
            host.check_output("useradd --system %s", user)
        return host.run("cd / && runuser -u %s -- mariadb -BN -e %s %s", user, statement, database)

    return run


def test_the_owner_works_in_its_database_without_a_password(sql):
    assert sql("CREATE TABLE IF NOT EXISTS t (v text); DROP TABLE t", "my-shop", "my-shop").rc == 0
    assert sql("SELECT CURRENT_USER()", "my-shop", "my-shop").stdout == "my-shop@localhost\n"


@pytest.mark.parametrize(
    "statement", ["CREATE DATABASE x", "CREATE USER x", "SELECT * FROM mysql.user", "SELECT 1 INTO OUTFILE '/tmp/x'"]
)
def test_the_owner_may_do_nothing_else(sql, statement):
    assert "denied" in sql(statement, "my-shop", "my-shop").stderr


def test_an_underscore_opens_no_other_database(sql):
    """In a grant it stands for any character."""
    assert sql("SELECT 1", "my_shop", "my_shop").rc == 0
    assert "Access denied" in sql("SELECT 1", "my_shop", "my-shop").stderr


def test_a_user_without_an_account_is_refused(sql):
    assert "Access denied" in sql("SELECT 1", "nobody").stderr


def test_settings_reach_the_server(host, sql):
    asked = "SELECT @@max_connections, @@collation_server, @@innodb_buffer_pool_size"
    connections, collation, memory = sql(asked).stdout.split()
    assert (connections, collation) == ("60", "utf8mb4_unicode_ci")
    assert sql("SELECT @@init_connect").stdout.rstrip("\n").replace("\\\\", "\\") == (
        "SET @greeting = 'it''s \"quoted\" # \\\\ '"
    )
    total = int(host.check_output("awk '/MemTotal/ {print $2}' /proc/meminfo")) * 1024
    assert 0.24 < int(memory) / total < 0.30


def test_what_does_not_fit_is_an_error_and_slow_statements_are_logged(host, sql):
    statements = "CREATE TEMPORARY TABLE t (v varchar(3)); INSERT INTO t VALUES ('four')"
    assert "Data too long" in sql(statements, "my-shop", "my-shop").stderr
    sql("SELECT SLEEP(1.1), 'a slow one'")
    # It is written after the answer.
    assert settles(host, "grep -q 'a slow one' /var/log/mysql/mariadb-slow.log", 20)


def test_nobody_outside_can_connect(host):
    listeners = host.check_output("ss --listening --numeric --tcp --no-header '( sport = :3306 )'").splitlines()
    assert [line.split()[3] for line in listeners] == ["127.0.0.1:3306"]


def test_django_works_there_by_its_url_alone(host):
    """Debian 13's own Django and driver: nothing is built."""
    if host.system_info.release.startswith("12"):
        pytest.skip("its Django is older than those that the overlay supports")
    host.check_output("apt-get install -qy --no-install-recommends python3-django python3-mysqldb")
    host.check_output("mkdir -p /opt/shop && printf %%s %s > /opt/shop/groundcrew_settings.py", OVERLAY.read_text())
    applications = "INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes']\n"
    host.check_output(
        "printf %%s %s > /opt/shop/own.py", applications + "DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'"
    )
    host.run("useradd --system my-shop")
    variables = (
        "DJANGO_SETTINGS_MODULE=groundcrew_settings GROUNDCREW_SETTINGS_MODULE=own PYTHONPATH=/opt/shop LC_ALL=C.UTF-8"
    )
    secrets = f"DATABASE_URL=mysql:///my-shop DJANGO_ALLOWED_HOSTS=x DJANGO_SECRET_KEY={'k3y-' * 3}{'abcdefghij' * 5}"
    command = f"cd /opt/shop && runuser -u my-shop -- env {variables} {secrets} python3 -B -c %s"
    assert host.check_output(command, DJANGO) == "mysql True True 0"


@pytest.mark.split
def test_a_bad_setting_is_refused_before_the_server_is_touched(play, unit):
    before = unit("mariadb")["MainPID"]
    result = play(PLAYBOOK, settings={"innodb_buffer_pool_size": "12 potatoes"})
    assert result.returncode != 0
    assert "Unknown suffix" in result.stdout
    assert unit("mariadb")["MainPID"] == before


def test_a_setting_that_it_does_not_start_with_goes_back(host, play, sql):
    result = play(PLAYBOOK, settings={"innodb_page_size": "8k"})
    assert result.returncode != 0
    assert "so it runs with the settings before" in result.stdout
    assert "page size 16384" in result.stdout
    assert sql("SELECT @@max_connections").stdout == "60\n"
    # Also when a run was killed that had written others of that kind.
    conf = "/etc/mysql/mariadb.conf.d/99-groundcrew.cnf"
    host.check_output(f"cp -p {conf} {conf}.before && sed -i '/max_connections/a innodb_page_size = 8k' {conf}")
    assert play(PLAYBOOK, settings={"innodb_page_size": "8k"}).returncode != 0
    assert sql("SELECT @@max_connections").stdout == "60\n"
    assert not host.file(f"{conf}.before").exists


@pytest.mark.split
def test_an_odd_name_is_refused_in_one_sentence(play):
    result = play(PLAYBOOK, owner="o'brien %")
    assert "The MariaDB database `my-shop` of `o'brien %` cannot be" in result.stdout


@pytest.mark.split
def test_what_was_taken_away_comes_back(host, play, sql, unit):
    """The run before was killed between the file and the restart, too."""
    sql("DROP USER my_shop@localhost")
    sql("REVOKE ALL ON `my-shop`.* FROM `my-shop`@localhost")
    host.check_output("systemctl disable mariadb && touch /etc/mysql/mariadb.conf.d/99-groundcrew.cnf")
    before = unit("mariadb")["MainPID"]
    assert play(PLAYBOOK).returncode == 0
    after = unit("mariadb")
    assert (after["UnitFileState"], after["MainPID"] != before) == ("enabled", True)
    assert sql("SELECT 1", "my-shop", "my-shop").rc == 0
    assert sql("SELECT 1", "my_shop", "my_shop").rc == 0
    assert "changed=0" in play(PLAYBOOK).stdout


def test_rows_survive_a_kill(host, sql, unit):
    sql("CREATE OR REPLACE TABLE kept (v int); INSERT INTO kept SELECT seq FROM seq_1_to_1000", database="my_shop")
    host.check_output("kill -KILL %s", unit("mariadb")["MainPID"])
    deadline = time.monotonic() + 30
    while sql("SELECT COUNT(*) FROM kept", database="my_shop").stdout != "1000\n":
        assert time.monotonic() < deadline, "MariaDB stays dead"
        time.sleep(0.5)
    assert unit("mariadb")["NRestarts"] == "1"


def test_a_dropped_database_comes_back_with_its_account(host, sql):
    sql("CREATE OR REPLACE TABLE kept (v blob); INSERT INTO kept VALUES ('Zoë 🚀'), (x'00ff')", database="my_shop")
    host.check_output("systemctl start groundcrew-backup.service")
    sql("DROP DATABASE my_shop; DROP USER my_shop@localhost; CREATE TABLE `my-shop`.later (v int)")
    said = host.check_output("groundcrew-backup restore")
    assert sql("SELECT HEX(v) FROM kept", "my_shop", "my_shop").stdout.split() == ["5A6FC3AB20F09F9A80", "00FF"]
    # The state of the backup, and what was there before beside it.
    assert "later" not in sql("SHOW TABLES", database="my-shop").stdout
    assert "CREATE TABLE `later`" in host.file(said.split()[-1].rstrip(".")).content_string


def test_a_server_without_a_database_takes_its_backup(host, sql):
    """As on a bare host, where there is nothing to set aside."""
    own = {"information_schema", "mysql", "performance_schema", "sys"}
    for name in set(sql("SHOW DATABASES").stdout.split()) - own:
        assert sql(f"DROP DATABASE `{name}`").rc == 0
    assert "before this restore" not in host.check_output("groundcrew-backup restore")
    assert sql("SELECT HEX(v) FROM kept", "my_shop", "my_shop").stdout.split() == ["5A6FC3AB20F09F9A80", "00FF"]


def test_the_drill_reads_the_dump_and_tells_what_it_cannot_read(host, sql):
    sql("CREATE OR REPLACE TABLE kept AS SELECT seq FROM seq_1_to_1000", database="my_shop")
    host.check_output("systemctl start groundcrew-backup.service && systemctl start groundcrew-drill.service")
    assert re.search(r" 1,0\d\d rows in \d tables", host.check_output("groundcrew-backup status"))
    # A file of the repository is damaged, another is lost.
    pack = host.check_output("ls -S $(find /var/backups/groundcrew/files/*/data -type f) | head -n 1")
    host.check_output("cp -p %s /root/pack && printf x | dd of=%s bs=1 seek=40 conv=notrunc", pack, pack)
    assert host.run("systemctl start groundcrew-drill.service").rc != 0
    status = host.run("groundcrew-backup status")
    assert (status.rc, "FAILED" in status.stdout) == (1, True)
    host.check_output(
        "cp -p /root/pack %s && systemctl start groundcrew-drill.service && groundcrew-backup status", pack
    )
    assert host.run("ls -A /var/lib/mysql | grep groundcrew").rc == 1
