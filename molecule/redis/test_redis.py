"""Redis: who may connect, what each purpose keeps, and that instances leave each other alone."""

import time

import pytest

PLAYBOOK = "molecule/redis/converge.yml"


@pytest.fixture
def redis(host):
    """Return a function that sends one command to an instance, as a user in one group."""

    def run(instance, *command, group="my-shop"):
        socket = f"/run/redis-{instance}/redis.sock"
        prefix = ["setpriv", "--reuid=nobody", f"--regid={group}", "--clear-groups", "redis-cli", "-s", socket]
        return host.run(" ".join(["%s"] * (len(prefix) + len(command))), *prefix, *command)

    return run


def test_the_group_uses_its_instance(redis):
    assert redis("my-shop", "SET", "greeting", "hello").stdout == "OK\n"
    assert redis("my-shop", "GET", "greeting").stdout == "hello\n"


@pytest.mark.parametrize("group", ["nogroup", "visits", "redis"])
def test_other_local_users_are_refused(redis, group):
    assert "Permission denied" in redis("my-shop", "PING", group=group).stderr


@pytest.mark.parametrize(("instance", "most"), [("my-shop", 0.5), ("jobs", 0.5), ("remote", 1.1), ("network", 1.1)])
def test_an_instance_is_little_exposed(exposed, instance, most):
    assert exposed(f"redis-server@{instance}.service") <= most


def test_an_instance_without_a_port_has_no_network_and_leaves_run_alone(host, unit):
    process = unit("redis-server@my-shop")["MainPID"]
    assert host.check_output(f"nsenter --net --target {process} ip -brief link | awk '{{print $1}}'") == "lo"
    assert host.run(f"nsenter --mount --target {process} touch /run/a /run/lock/a").rc != 0


def test_a_port_takes_the_password(host):
    ping = "redis-cli --no-auth-warning -p 6390 ping"
    assert host.check_output(f"REDISCLI_AUTH=%s {ping}", 'two "words" \\ é') == "PONG"
    assert "NOAUTH" in host.check_output(ping)
    assert "NOAUTH" in host.check_output("redis-cli -s /run/redis-remote/redis.sock ping")
    assert (
        host.check_output("ss --listening --numeric --tcp --no-header '( sport = :6390 )' | awk '{print $4}'")
        == "127.0.0.1:6390"
    )


def test_the_network_takes_tls_a_name_and_a_password(host):
    address = host.check_output("hostname --all-ip-addresses").split()[0]

    def say(command, user, password, name="cache.example.org"):
        tls = f"--tls --cacert /etc/ssl/groundcrew/ca/ca.pem --sni {name}"
        return host.run(
            f"REDISCLI_AUTH=%s redis-cli -h {address} -p 6391 {tls} --no-auth-warning --user {user} {command}", password
        ).stdout

    assert say("SET shop:key value", "shop", 'pa ss"%') == "OK\n"
    assert say("GET shop:key", "looker", "looks") == "value\n"
    assert "NOPERM" in say("SET shop:key other", "looker", "looks")
    assert "NOPERM" in say("GET other:key", "looker", "looks")
    assert "NOAUTH" in host.check_output("redis-cli -s /run/redis-network/redis.sock ping")
    assert "WRONGPASS" in host.check_output(
        f"REDISCLI_AUTH=guess redis-cli -h {address} -p 6391 --tls --cacert /etc/ssl/groundcrew/ca/ca.pem"
        " --no-auth-warning --user shop ping 2>&1"
    )
    assert "onnection" in host.run(f"redis-cli -h {address} -p 6391 ping").stderr  # in the clear
    client = f"openssl s_client -connect {address}:6391 -CAfile /etc/ssl/groundcrew/ca/ca.pem -verify_return_error"
    assert host.run(f"{client} -verify_hostname cache.example.org < /dev/null").rc == 0
    assert host.run(f"{client} -verify_hostname other.example.org < /dev/null").rc == 1


@pytest.mark.parametrize("command", ["CONFIG SET maxmemory 0", "SHUTDOWN", "MONITOR", "SAVE", "ACL LIST"])
def test_nobody_reconfigures_the_server(redis, command):
    answer = redis("my-shop", *command.split())
    assert "NOPERM" in answer.stdout + answer.stderr


def test_nothing_listens_on_the_usual_port(host):
    assert host.check_output("ss --listening --numeric --tcp --no-header '( sport = :6379 )'") == ""
    assert not host.service("redis-server").is_enabled


@pytest.fixture
def fill(host):
    """Return a function that writes 80 keys, 8 MB, to an instance that may hold 4, and tells how many it took."""

    def run(instance):
        commands = "for i in $(seq 80); do echo SETRANGE key$i 100000 x; done"
        return host.check_output(f"{commands} | redis-cli -s /run/redis-{instance}/redis.sock").count("100001")

    return run


def test_a_full_cache_forgets(redis, fill):
    assert fill("my-shop") == 80
    # Which ones it forgets is a sample of the oldest, so only their number is certain.
    assert 0 < int(redis("my-shop", "DBSIZE").stdout) < 80


def test_a_full_broker_refuses(redis, fill):
    redis("jobs", "SET", "task", "important")
    assert 0 < fill("jobs") < 80
    assert redis("jobs", "GET", "task").stdout == "important\n"
    redis("jobs", "FLUSHALL")


def test_full_sessions_forget_what_expires(redis, fill):
    redis("visits", "SET", "user", "stays", group="visits")
    redis("visits", "SET", "session", "goes", "EX", "3600", group="visits")
    assert 0 < fill("visits") < 80
    assert redis("visits", "GET", "user", group="visits").stdout == "stays\n"
    assert redis("visits", "EXISTS", "session", group="visits").stdout == "0\n"
    redis("visits", "FLUSHALL", group="visits")


def test_a_restart_empties_the_cache_only(host, redis):
    for instance, group in (("my-shop", "my-shop"), ("jobs", "my-shop"), ("visits", "visits")):
        assert redis(instance, "SET", "key", "kept", group=group).stdout == "OK\n"
    host.check_output("systemctl restart 'redis-server@*'")
    assert redis("my-shop", "GET", "key").stdout == "\n"
    assert redis("jobs", "GET", "key").stdout == "kept\n"
    assert redis("visits", "GET", "key", group="visits").stdout == "kept\n"


def test_a_killed_instance_comes_back(host, redis, unit):
    redis("jobs", "SET", "key", "kept")
    time.sleep(1.1)  # a broker writes to disk every second
    host.check_output("kill -KILL %s", unit("redis-server@jobs")["MainPID"])
    deadline = time.monotonic() + 20
    while redis("jobs", "GET", "key").stdout != "kept\n":
        assert time.monotonic() < deadline, "Redis stays dead"
        time.sleep(0.2)


def test_a_changed_setting_restarts_that_instance_alone(play, redis, unit):
    before = {name: unit(f"redis-server@{name}")["MainPID"] for name in ("my-shop", "jobs", "visits")}
    assert play(PLAYBOOK, databases=3).returncode == 0
    assert redis("jobs", "CONFIG", "GET", "databases").stdout == "databases\n3\n"
    after = {name: unit(f"redis-server@{name}")["MainPID"] for name in before}
    assert {name for name in before if before[name] != after[name]} == {"jobs"}


@pytest.mark.split
def test_a_bad_setting_leaves_the_instance_running(play, redis):
    result = play(PLAYBOOK, databases="many")
    assert result.returncode != 0
    assert "databases many" in result.stdout
    assert redis("jobs", "PING").stdout == "PONG\n"


@pytest.mark.split
def test_an_interrupted_run_is_made_up_for(host, play, redis, unit):
    """The files are as they should be, and the run that wrote them was killed before the restart."""
    before = unit("redis-server@my-shop")["MainPID"]
    host.check_output("touch /etc/redis/redis-my-shop.conf")
    assert play(PLAYBOOK).returncode == 0
    assert unit("redis-server@my-shop")["MainPID"] != before
    assert redis("my-shop", "PING").stdout == "PONG\n"
    assert "changed=0" in play(PLAYBOOK).stdout


def test_an_absent_instance_leaves_nothing(host, play, unit):
    """Also when a run before was cut short: whoever comes later under that name finds no old tasks."""
    held = "/var/lib/redis-visits/held"
    host.check_output(f"mkdir {held} && mount -t tmpfs tmpfs {held}")
    assert play(PLAYBOOK, visits="absent").returncode != 0
    host.check_output(f"umount {held}")
    assert play(PLAYBOOK, visits="absent").returncode == 0
    assert unit("redis-server@visits")["ActiveState"] == "inactive"
    assert host.run("ls -d /run/redis-visits /var/lib/redis-visits /etc/redis/redis-visits.conf").stdout == ""
    assert "changed=0" in play(PLAYBOOK, visits="absent").stdout
