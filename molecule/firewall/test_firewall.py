"""What comes in over the network, and that no rule locks the operator out."""

import socket

import pytest
from killed import kill
from network import settles

FILE = "/etc/groundcrew-firewall.nft"
SHUT = {"firewall_rules": ["tcp dport 22 drop"]}
# A client in a network of its own, over IPv4 and IPv6.
CLIENT = """
ip netns add client; ip link add here type veth peer name there netns client; ip link set here up
ip addr add 192.0.2.1/24 dev here; ip addr add fd00:1::1/64 dev here nodad; ip addr add fd00:2::1/64 dev here nodad
ip -n client link set there up; ip -n client addr add 192.0.2.9/24 dev there
ip -n client addr add fd00:1::9/64 dev there nodad; ip -n client addr add fd00:2::9/64 dev there nodad
"""
SERVE = "import socket, time; kept = [socket.create_server(('::', port), family=10, dualstack_ipv6=True)"
SERVE += " for port in range(8000, 8005)]; time.sleep(10000)"


@pytest.fixture
def listening(host):
    """Listen on the ports 8000 to 8004, and have a client in a network of its own."""
    host.run(f'systemd-run --unit=listening python3 -c "{SERVE}"')
    host.run(f"ip netns exec client true || {{ {CLIENT} }}")
    assert settles(host, "ss -Hltn 'sport = :8004' | grep .", 20)


@pytest.fixture
def reaches(address):
    """Return a function that says whether this machine can connect to a port of the host."""

    def connect(port, seconds=1.0):
        try:
            socket.create_connection((address, port), seconds).close()
        except OSError:
            return False
        return True

    return connect


def from_client(host, address, port):
    """Say whether the client in its own network can connect."""
    code = f"import socket; socket.create_connection(('{address}', {port}), 1)"
    return host.run(f'ip netns exec client python3 -c "{code}"').rc == 0


@pytest.mark.usefixtures("listening")
def test_what_is_named_is_open_and_nothing_else(host, reaches):
    assert [port for port in (22, 8000, 8001, 8002, 8003, 8004) if reaches(port)] == [22, 8001, 8003, 8004]
    assert [port for port in (22, 8000, 8001, 8002) if from_client(host, "192.0.2.1", port)] == [22, 8001, 8002]
    assert [port for port in (22, 8000, 8001, 8002) if from_client(host, "fd00:1::1", port)] == [22, 8001, 8002]
    assert [port for port in (8000, 8001, 8002) if from_client(host, "fd00:2::1", port)] == [8001]
    assert host.run("python3 -c \"import socket; socket.create_connection(('127.0.0.1', 8000), 1)\"").rc == 0


def test_tables_of_others_survive_and_ours_comes_back(host, reaches):
    rules = "table ip custom { chain mine { counter; }; }"
    host.check_output(f"nft '{rules}'")
    host.check_output("systemctl reload groundcrew-firewall; systemctl restart groundcrew-firewall")
    assert host.run("nft list table ip custom").rc == 0
    # Debian's own unit empties everything, ours with it.
    for what in ("start", "reload", "restart", "stop"):
        host.check_output(f"systemctl {what} nftables")
        assert settles(host, "nft list chain inet groundcrew input", 5), what
        assert not reaches(8000)


def test_a_table_that_somebody_deleted_comes_back(host, play):
    host.check_output("nft delete table inet groundcrew; systemctl start groundcrew-firewall")
    assert host.run("nft list table inet groundcrew").rc != 0
    result = play("molecule/shared/converge.yml")
    assert result.returncode == 0, result.stdout
    host.check_output("nft list table inet groundcrew")


@pytest.mark.split
def test_ssh_connections_are_counted_unless_an_administrator_opens_them(host, reaches, run):
    assert all(reaches(22) for _ in range(40))
    status, output = run(firewall_administrators=[])
    assert status == 0, output
    assert 10 <= [reaches(22, 0.3) for _ in range(40)].count(True) <= 25
    # The counts are those of the table, which is made anew.
    host.check_output("systemctl reload groundcrew-firewall")
    status, output = run()
    assert status == 0, output
    assert all(reaches(22) for _ in range(40))


@pytest.mark.split
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (SHUT, ["over port 22", "Put back as before: /etc/groundcrew-firewall.nft"]),
        ({"firewall_rules": ["tcp dport banana accept"]}, ["banana", "Nothing had changed."]),
    ],
    ids=["shuts SSH", "no rule"],
)
def test_rules_that_go_wrong_are_undone(host, login, run, variables, words):
    asked = f"nft list table inet groundcrew | sed '/elements/,/}}/d'; cat {FILE}"
    found = host.check_output(asked)
    status, output = run(**variables)
    assert status != 0
    for one in words:
        assert one in output
    assert host.check_output(asked) == found
    assert login("root").returncode == 0
    assert host.run("ls /var/lib/groundcrew-guard/firewall /etc/systemd/system/groundcrew-guard-*").stdout == ""


@pytest.mark.split
def test_a_run_that_dies_after_it_shut_ssh_locks_nobody_out(host, login, ansible):
    # Long enough for a busy machine to load the rules before the guard takes them back.
    process = ansible(patience=90, **SHUT)
    assert settles(host, "nft list chain inet groundcrew input | grep 'dport 22 drop'", 120)
    kill(process)
    process.communicate()
    assert "timed out" in login("root", words=["-o", "ConnectTimeout=2"]).stderr
    assert settles(host, "! nft list chain inet groundcrew input | grep 'dport 22 drop'", 120)
    assert login("root").returncode == 0
