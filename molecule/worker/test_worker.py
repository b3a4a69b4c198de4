"""Processes and timers of an application: its environment, its sandbox, its release."""

import time

ADD = "from entries.models import Entry; print(Entry.objects.create(name='a', text='one two three').pk)"
COUNT = "from entries.tasks import count_words; print(count_words.delay({}).id)"
WORDS = "from entries.models import Entry; print(Entry.objects.get(pk={}).words)"


def manage(host, code):
    """Run Python in the application and return the last line that it printed."""
    return host.check_output("shop-manage shell --command %s", code).splitlines()[-1]


def running_release(host, unit):
    """Return the release that a running unit was started with."""
    pid = host.check_output("systemctl show --value --property=MainPID %s", unit)
    environment = host.check_output(f"tr '\\0' '\\n' < /proc/{pid}/environ")
    return dict(line.split("=", 1) for line in environment.splitlines() if "=" in line)["RELEASE"]


def test_worker_does_what_was_queued(host):
    entry = manage(host, ADD)
    host.check_output("shop-manage shell --command %s", COUNT.format(entry))
    for _ in range(20):
        if manage(host, WORDS.format(entry)) == "3":
            return
        time.sleep(1)
    raise AssertionError(host.check_output("journalctl --unit shop-worker-celery --lines 30 --output cat"))


def test_rq_finds_the_queue_by_itself(host):
    job = "Queue(connection=Redis.from_url(os.environ['RQ_REDIS_URL'])).enqueue('math.factorial', 5)"
    wait = "[time.sleep(0.5) for _ in range(40) if job.return_value() is None]"
    code = f"import os, time; from redis import Redis; from rq import Queue; job = {job}; {wait}"
    assert host.check_output("shop-run python -c %s", f"{code}; print(job.return_value())") == "120"


def test_queue_forgets_nothing_and_is_not_the_cache(host):
    socket = "f'/run/redis-{sys.argv[1]}/redis.sock'"
    ask = f"import redis, sys; c = redis.Redis(unix_socket_path={socket}, decode_responses=True)"
    policy = f"{ask}; print(c.config_get('maxmemory-policy')['maxmemory-policy'])"
    assert host.check_output("shop-run python -c %s shop-broker", policy) == "noeviction"
    assert host.check_output("shop-run python -c %s shop", policy) == "allkeys-lru"


def test_process_runs_as_the_application_in_its_sandbox(unit):
    for name in ("celery", "beat", "rq", "daemon"):
        properties = unit(f"shop-worker-{name}.service")
        assert properties["ActiveState"] == "active"
        assert (properties["User"], properties["ProtectSystem"]) == ("shop", "strict")
    assert unit("shop-worker-celery.service")["MemoryMax"] == str(512 * 1024**2)


def test_timer_runs_its_command(host, unit):
    host.check_output("systemctl start shop-timer-tick.service")
    assert host.file("/srv/shop/media/tick").content_string == "tock"
    assert unit("shop-timer-tick.timer")["ActiveState"] == "active"
    host.check_output("systemctl start shop-timer-clearsessions.service")


def test_processes_follow_a_new_release_and_finish_their_work(host, play):
    before = running_release(host, "shop-worker-celery")
    # A task that takes as long as somebody holds the row that it changes: longer than the deploy.
    entry = manage(host, ADD)
    hold = f"BEGIN; SELECT FROM entries_entry WHERE id = {entry} FOR UPDATE; SELECT pg_sleep(45); COMMIT"
    psql = "runuser -u shop -- psql --no-psqlrc --tuples-only --no-align shop --command"
    host.check_output(f"cd / && systemd-run --quiet --unit=hold {psql} %s", hold)
    task = manage(host, COUNT.format(entry))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    host.check_output(f"cd / && timeout 20 sh -c 'until {psql} \"{waiting}\" | grep -q 1; do sleep 0.2; done'")
    result = play("playbooks/deploy.yml", generation=2)
    assert result.returncode == 0, result.stdout[-3000:]
    assert manage(host, WORDS.format(entry)) == "3"
    done = host.check_output(f"journalctl --unit shop-worker-celery --output cat | grep -c '{task}.* succeeded'")
    assert done == "1"
    serving = host.check_output("basename $(readlink /srv/shop/current)")
    assert serving != before
    for name in ("celery", "beat", "rq", "daemon"):
        assert running_release(host, f"shop-worker-{name}") == serving


def test_a_timer_is_on_time(host):
    """A machine that does other things, too, may take seconds to start a shell."""
    host.check_output("timeout 70 sh -c 'until test -s /srv/shop/media/minutes; do sleep 1; done'")
    seconds = [int(line) for line in host.file("/srv/shop/media/minutes").content_string.split()]
    assert sorted(seconds)[len(seconds) // 2] < 10, seconds
    assert "AccuracyUSec=1s" in host.check_output("systemctl show --property=AccuracyUSec shop-timer-minute.timer")
