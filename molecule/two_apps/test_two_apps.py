"""Two applications on one host: what changes one leaves the other alone."""

import json
import re
import time
from pathlib import Path

from network import settles

WHERE = "from django.db import connection as c; print(c.settings_dict['HOST'] or '/var/run/postgresql')"


def serving(host, name):
    """Return (unit, main process) that serves an application."""
    release = host.check_output("basename $(readlink /srv/%s/current)", name)
    unit = f"{name}-web@{release}.service"
    return unit, host.check_output("systemctl show --value --property=MainPID %s", unit)


def test_each_answers_for_its_own_domain(http):
    for name in ("shop", "blog"):
        answer = http(f"https://{name}.example.org/")
        assert answer.status == 200
        assert "Guestbook" in answer.text


def test_browsers_insist_on_https_as_long_as_the_application_says(http):
    for name, seconds in (("shop", 31536000), ("blog", 300)):
        for path in ("/", "/media/missing.png"):
            sent = http(f"https://{name}.example.org{path}").headers.get_all("Strict-Transport-Security")
            assert sent == [f"max-age={seconds}"]


def test_a_cdn_fetches_the_static_files_and_pages_have_them_from_there(host, http):
    assert host.run("blog-manage check --deploy --fail-level WARNING").rc == 0
    page = http("https://blog.example.org/admin/login/")
    path = re.search(r'href="https://cdn.example.net(/static/admin/css/base\.[0-9a-f]{12}\.css)"', page.text)[1]
    assert "style-src 'self' https://cdn.example.net;" in page.headers["Content-Security-Policy-Report-Only"]
    file = http(f"https://blog.example.org{path}")
    assert (file.status, file.headers["Content-Type"]) == (200, "text/css")
    assert file.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert file.headers.get_all("Cross-Origin-Resource-Policy") == ["cross-origin"]
    # The site beside it has neither.
    page = http("https://shop.example.org/admin/login/")
    assert "cdn.example.net" not in page.text + page.headers["Content-Security-Policy-Report-Only"]
    file = http("https://shop.example.org" + re.search(r'href="(/static/admin/css/base[^"]+)"', page.text)[1])
    assert (file.status, file.headers["Access-Control-Allow-Origin"]) == (200, None)


SORTED = """
from django.db import connections
cursor = connections["reports"].cursor()
cursor.execute("SELECT string_agg(n, ' ' ORDER BY n) FROM unnest('{Zebra,apfel,Äpfel,Birne}'::text[]) n")
print(cursor.fetchone()[0])
cursor.execute("SELECT current_database(), count(*) FROM pg_extension WHERE extname = 'pg_trgm' GROUP BY 1")
print(*cursor.fetchone())
print(*sorted(connections["reports"].introspection.table_names()))
"""


def test_a_further_database_is_migrated_and_sorts_as_it_is_told(host):
    order, database, tables = host.check_output("shop-manage shell --command %s", SORTED).splitlines()[-3:]
    assert order == "apfel Äpfel Birne Zebra"
    assert database == "shop_reports 1"
    assert "entries_entry" in tables
    assert "auth_user" not in tables
    record = json.loads(host.check_output("cat /srv/shop/current/release.json"))
    assert record["django"]["databases"]["reports"]["left"] == ""
    # What the second one has beyond an older release is undone with its name.
    ahead = "/usr/local/lib/groundcrew/groundcrew_release/inside/ahead.py"
    undone = host.check_output(f"shop-run python - '{{}}' default reports < {ahead} | tail -n 1")
    commands = [one["command"] for one in json.loads(undone)]
    assert "migrate entries zero" in commands
    assert "migrate entries zero --database=reports" in commands


def test_the_projects_own_configuration_of_gunicorn_is_beneath_ours(host):
    unit, main = serving(host, "shop")
    assert len(host.check_output("pgrep --parent %s", main).split()) == 3
    assert "a hook of the project" in host.check_output("journalctl --boot --unit=%s", unit)
    assert host.run("ss -Hltn sport = :8000").stdout == ""


def test_neither_reaches_the_data_of_the_other(host):
    assert host.run("shop-run python -c \"import psycopg; psycopg.connect('dbname=blog')\"").rc != 0
    assert host.run("shop-run python -c \"import psycopg; psycopg.connect('dbname=shop')\"").rc == 0
    redis = "import redis, sys; print(redis.Redis(unix_socket_path=f'/run/redis-{sys.argv[1]}/redis.sock').ping())"
    assert host.run("shop-run python -c %s blog", redis).rc != 0
    assert host.run("shop-run python -c %s shop", redis).rc == 0
    assert host.run("shop-run cat /srv/blog/current/release.json").rc != 0


def test_each_web_server_goes_through_a_pool_that_no_storm_of_clients_breaks(host, http):
    host.check_output("cd / && runuser -u shop -- /usr/lib/postgresql/*/bin/pgbench --initialize --quiet shop")
    bench = "pgbench --no-vacuum --select-only --client=300 --time=8 --host=/run/pgbouncer-shop shop"
    host.check_output(f"cd / && runuser -u shop -- /usr/lib/postgresql/*/bin/{bench} > /tmp/bench 2>&1 &")
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        for name in ("shop", "blog"):
            assert http(f"https://{name}.example.org/").status == 200
    for name in ("shop", "blog"):
        stats = f"cd / && runuser -u {name} -- psql -XAt -h /run/pgbouncer-{name} pgbouncer -c 'SHOW STATS'"
        assert re.search(rf"^{name}\|[1-9]", host.check_output(stats), re.MULTILINE)
    server = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop'"
    assert int(host.check_output(f'cd / && runuser -u postgres -- psql -XAtc "{server}"')) <= 25
    assert settles(host, "grep -q 'failed transactions' /tmp/bench", 60)
    assert "number of failed transactions: 0 (" in host.check_output("cat /tmp/bench")
    # What needs a session goes past the pool.
    assert "/var/run/postgresql" in host.check_output("shop-manage shell -c %s", WHERE)


def test_change_to_one_restarts_only_that_one(host, play):
    shop, blog = serving(host, "shop"), serving(host, "blog")
    result = play("molecule/two_apps/converge.yml", greeting="good day")
    assert result.returncode == 0, result.stdout[-3000:]
    assert serving(host, "blog") == blog
    assert serving(host, "shop")[0] != shop[0]
    assert "good day" in host.check_output("shop-run env")


def test_a_user_of_the_host_is_not_taken_over(host, play):
    host.check_output("useradd --create-home --shell /bin/bash deploy")
    before = host.check_output("getent passwd deploy")
    result = play("molecule/two_apps/converge.yml", greeting="good day", second="deploy")
    assert result.returncode != 0
    assert "The host has a user `deploy`" in " ".join(result.stdout.split())
    assert re.search(r"changed=0 .*failed=1", result.stdout)
    assert host.check_output("getent passwd deploy") == before
    assert host.file("/srv/blog/current").exists
    host.check_output("userdel --remove deploy")


ADD = "from entries.models import Entry; Entry.objects.create(name='a', text='of the blog')"
COUNT = "from entries.models import Entry; print(Entry.objects.filter(text='of the blog').count())"
QUEUE = "redis-cli -s /run/redis-{}-broker/redis.sock {}"
KEPT = "/etc/django/{0}/secrets/DJANGO_SECRET_KEY /etc/ssl/groundcrew/{0}/fullchain.pem /srv/{0}/media/photo"


def sums(host, name):
    """Return the hashes of a secret, the certificate and an upload."""
    return [line.split()[0] for line in host.check_output("sha256sum " + KEPT.format(name)).splitlines()]


def test_a_new_name_takes_everything_along(host, play, http):
    """From `blog` to `shop-worker`, whose units begin as those of the workers of `shop` do; that one changes, too."""
    host.check_output("blog-manage shell --command %s", ADD)
    host.check_output("echo picture > /srv/blog/media/photo && chown blog:blog /srv/blog/media/photo")
    host.check_output(QUEUE.format("blog", "LPUSH job waits"))
    before, shop = sums(host, "blog"), serving(host, "shop")
    # Cut short at the database, and then between the database and its owner: the next run does what is left.
    host.check_output("cd / && runuser -u postgres -- createdb shop-worker")
    result = play("molecule/two_apps/converge.yml", greeting="good night", second="shop-worker")
    assert result.returncode != 0
    assert "already exists" in result.stdout
    assert sums(host, "blog") == before
    rename = 'ALTER DATABASE blog RENAME TO "shop-worker"'
    host.check_output("cd / && runuser -u postgres -- dropdb shop-worker")
    host.check_output("cd / && runuser -u postgres -- psql -c %s", rename)
    result = play("molecule/two_apps/converge.yml", greeting="good night", second="shop-worker")
    assert result.returncode == 0, result.stdout[-3000:]
    assert http("https://blog.example.org/").status == 200
    assert sums(host, "shop-worker") == before
    assert host.check_output("shop-worker-manage shell --command %s", COUNT).splitlines()[-1] == "1"
    assert host.check_output(QUEUE.format("shop-worker", "LRANGE job 0 -1")) == "waits"
    assert host.check_output("stat --format=%U:%G /srv/shop-worker/media/photo") == "shop-worker:shop-worker"
    # Nothing of the old name is left.
    left = (
        "find /etc /usr/local/bin -name '*blog*'; ls -d /srv/*blog* /run/*blog* /run/groundcrew/*blog* /var/lib/*blog*"
    )
    assert host.run(left).stdout == ""
    assert host.run("getent passwd blog || getent group blog").rc != 0
    names = host.check_output("cd / && runuser -u postgres -- psql -XAtc 'SELECT datname FROM pg_database'").split()
    assert "blog" not in names and "shop-worker" in names
    # Both have their processes, and start them at boot.
    assert serving(host, "shop")[0] != shop[0]
    for unit in ("shop-worker-clock", "shop-worker-worker-release"):
        assert host.service(unit).is_running
        assert host.service(unit).is_enabled


def test_a_deploy_leaves_the_processes_of_an_application_with_a_longer_name_alone(host):
    """By the release engine itself."""
    pid = "systemctl show --value --property=MainPID {}"
    before = [host.check_output(pid.format(unit)) for unit in ("shop-worker-clock", "shop-worker-worker-release")]
    release = host.check_output("basename $(readlink /srv/shop/current)")
    host.check_output("shop-release rollback")
    after = [host.check_output(pid.format(unit)) for unit in ("shop-worker-clock", "shop-worker-worker-release")]
    assert (after[0] != before[0], after[1]) == (True, before[1])
    assert host.service("shop-worker-worker-release").is_enabled
    host.check_output("shop-release activate %s", release)


def test_second_run_after_the_change_changes_nothing(play):
    result = play("molecule/two_apps/converge.yml", greeting="good night", second="shop-worker")
    assert re.search(r"changed=0 .*failed=0", result.stdout)


LOCALE = "Another locale for a database"


def test_another_locale_is_refused_and_the_manual_moves_the_data_there(host, play):
    before = serving(host, "shop")
    result = play("molecule/two_apps/converge.yml", greeting="good day", locale="sv_SE.UTF-8")
    assert result.returncode != 0
    said = " ".join(result.stdout.split())
    assert "The database shop_reports was made with the locale de-DE, and `locale` is sv_SE.UTF-8" in said
    assert LOCALE in said
    assert serving(host, "shop") == before
    # As docs/operations.md has it.
    section = (Path(__file__).parents[2] / "docs/operations.md").read_text().partition(f"## {LOCALE}")[2]
    lines = [line[4:] for line in section.partition("\n## ")[0].splitlines() if line.startswith("    ")]
    commands = re.sub(r"\bshop\b", "shop_reports", "\n".join(lines)).replace("shop_before", "shop_reports_before")
    first, _, last = commands.partition("ansible-playbook")
    host.check_output(f"cd / && {first}")
    result = play("molecule/two_apps/converge.yml", greeting="good day", locale="sv_SE.UTF-8")
    assert result.returncode == 0, result.stdout[-3000:]
    load = last.partition("\n")[2]
    host.check_output(f"cd / && {load}")
    order, _, tables = host.check_output("shop-manage shell --command %s", SORTED).splitlines()[-3:]
    assert order == "apfel Birne Zebra Äpfel"
    assert "entries_entry" in tables
