"""Who may log in over the network, and that a change that goes wrong locks nobody out.

Everything goes over TCP to the address of the host.
"""

import time

import pytest
from killed import kill
from network import PUBLIC, settles

STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDpOJJTLuFNZkWk3kQ3VtTe4dRpUJcJ8Hp0WvFfUpGmF stranger"
CONF = "/etc/ssh/sshd_config.d/00-groundcrew.conf"
DROP_IN = "/run/systemd/system/ssh.service.d"
RULE = "type filter hook input priority -10; tcp dport 22 ip saddr != 127.0.0.1 reject with tcp reset;"
ON_RELOAD = f"""[Service]
ExecReload=-/bin/sh -c "mkdir {DROP_IN}/once && nft \\"table inet cut {{ chain input {{ {RULE} }}; }}\\""
"""


@pytest.fixture
def bare(host):
    """Make the log-in what it is on a bare host, before and after the test."""

    def undo():
        host.check_output(f"rm -f {CONF} /etc/sudoers.d/*groundcrew /home/ops/.ssh/authorized_keys")
        host.check_output("rm -f /etc/ssh/sshd_config.d/*own.conf /etc/sudoers.d/zzz")
        host.check_output(f"rm -rf {DROP_IN}; systemctl daemon-reload")
        host.check_output("systemctl reset-failed ssh; systemctl reload-or-restart ssh")
        host.run("nft delete table inet groundcrew; nft delete table inet cut")

    undo()
    yield
    undo()


def cut(host):
    """Let the host reset all connections when sshd reads the new settings, once: so nobody can confirm them."""
    host.check_output("apt-get -qq install --no-install-recommends nftables")
    host.check_output(f"mkdir -p {DROP_IN}; echo '{ON_RELOAD}' > {DROP_IN}/cut.conf; systemctl daemon-reload")


def is_cut(host):
    """Say whether the host has begun to reset connections, within two minutes."""
    return settles(host, "nft list table inet cut", 120)


def becomes(login, expected):
    """Say whether that comes of root's log-in, within ten seconds: a reload returns before sshd has read its files."""
    for _ in range(20):
        if expected(login("root")):
            return True
        time.sleep(0.5)
    return False


def test_administrators_come_in_and_nobody_else(login):
    assert login("ops", "sudo -n id -u").stdout == "0\n"
    for user in ("root", "nobody"):
        assert login(user).stderr.strip().endswith("Permission denied (publickey).")
    passwords = login("ops", words=["-o", "PreferredAuthentications=password,keyboard-interactive"])
    assert passwords.stderr.strip().endswith("Permission denied (publickey).")


def test_what_somebody_else_put_in_goes_and_other_users_stay(host, login, run):
    host.check_output(f"echo '{STRANGER}' >> /home/ops/.ssh/authorized_keys")
    host.check_output("id other || useradd --create-home other; install -d -m 0700 -o other /home/other/.ssh")
    host.check_output(
        f"echo '{PUBLIC}' > /home/other/.ssh/authorized_keys; chown other /home/other/.ssh/authorized_keys"
    )
    status, output = run(user="ops")
    assert status == 0, output
    assert host.file("/home/ops/.ssh/authorized_keys").content_string == f"{PUBLIC}\n"
    assert login("other").returncode == 0


def test_an_audit_finds_no_fault(host):
    """Debian's own settings have four on 12 and six on 13."""
    host.check_output("apt-get -qq install --no-install-recommends ssh-audit")
    result = host.run("ssh-audit --no-colors 127.0.0.1")
    assert "ssh-ed25519" in result.stdout
    assert "[fail]" not in result.stdout


@pytest.mark.usefixtures("bare")
@pytest.mark.split
@pytest.mark.parametrize(
    ("before", "variables", "words"),
    [
        ("true", {"ssh_administrators": [{"name": "ops", "keys": [STRANGER]}]}, ["as ops over port 22: ", "denied"]),
        ("echo 'ops ALL=(ALL) !ALL' > /etc/sudoers.d/zzz", {}, ["sudo: a password is required"]),
        ("true", {"ssh_settings": {"Colour": "red"}}, ["Bad configuration option: Colour"]),
        ("echo Colour red > /etc/ssh/sshd_config.d/90-own.conf", {}, ["ssh"]),
        ("echo PermitRootLogin yes > /etc/ssh/sshd_config.d/00-a-own.conf", {}, ["'permitrootlogin no'", CONF]),
        ("systemd-run --unit=taken sleep infinity; systemctl stop taken", {"ssh_port": 80}, [CONF]),
    ],
    ids=["wrong key", "no sudo", "no directive", "broken file of the user", "other file wins", "port is taken"],
)
def test_a_change_that_goes_wrong_is_undone(host, login, run, before, variables, words):
    host.check_output("mkdir -p /home/ops/.ssh; echo mine > /home/ops/.ssh/authorized_keys")
    host.check_output(before)
    if "ssh_port" in variables:
        serve = (
            "import socket, time; a = socket.create_server(('', 80)); b = socket.create_server(('::', 80), family=10)"
        )
        host.check_output(f'systemd-run --unit=taken python3 -c "{serve}; time.sleep(600)"')
    asked = (
        "sshd -T; cat /home/ops/.ssh/authorized_keys; ls /etc/sudoers.d /etc/ssh/sshd_config.d; stat -c %a / /etc /home"
    )
    found = host.run(asked).stdout
    status, output = run(**variables)
    host.run("systemctl stop taken")
    assert status != 0
    for one in [*words, "Put back as before: "]:
        assert one in output
    assert host.run(asked).stdout == found
    assert login("root").returncode == 0
    assert host.run("ls /var/lib/groundcrew-guard/ssh /etc/systemd/system/groundcrew-guard-*").stdout == ""


@pytest.mark.usefixtures("bare")
@pytest.mark.split
@pytest.mark.parametrize("how", ["killed", "reset"])
def test_a_connection_that_dies_in_the_middle(host, login, ansible, how):
    """The host puts the files back by itself; a run that lives waits for it, and says so."""
    cut(host)
    # Long enough for a busy machine to ask for root before the guard lets it in.
    process = ansible(patience=120)
    assert is_cut(host)
    if how == "killed":
        kill(process)
        # What is sent has arrived: without the guard, root would stay out.
        host.check_output("nft delete table inet cut; systemctl reload ssh")
        assert becomes(login, lambda came: "denied" in came.stderr)
    assert settles(host, f"! test -e {CONF}", 180)
    if how == "reset":
        host.check_output("nft delete table inet cut")
    output = " ".join(process.communicate()[0].split())
    if how == "reset":
        assert process.returncode != 0
        assert f"Put back as before: the keys of the administrators, /etc/sudoers.d/90-groundcrew, {CONF}" in output
    assert settles(host, "! test -e /var/lib/groundcrew-guard/ssh", 10)
    assert becomes(login, lambda came: came.returncode == 0)


AGAIN = """
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - {name: Arm, groundcrew.django.guard: {name: again, state: armed, paths: [/etc/again], seconds: 1}}
    - {name: Wait, ansible.builtin.wait_for: {path: /var/lib/groundcrew-guard/again, state: absent, timeout: 10}}
"""


@pytest.mark.split
def test_a_guard_that_has_gone_off_goes_off_again(run, tmp_path):
    (tmp_path / "again.yml").write_text(AGAIN)
    for _ in range(3):
        status, output = run(tmp_path / "again.yml")
        assert status == 0, output


@pytest.mark.split
@pytest.mark.usefixtures("bare")
def test_a_power_cut_before_the_confirmation_puts_the_files_back(host, ansible):
    cut(host)
    process = ansible(patience=600)
    assert is_cut(host)
    kill(process)
    process.communicate()
    # What the host does when it starts.
    host.check_output("systemctl stop groundcrew-guard-ssh.timer; systemctl start groundcrew-guard-ssh.service")
    assert not host.file(CONF).exists
    assert host.run("systemctl is-enabled groundcrew-guard-ssh.service").rc != 0


@pytest.mark.split
@pytest.mark.usefixtures("bare")
def test_a_run_that_would_lock_its_own_user_out_is_refused(login, run):
    status, output = run("playbooks/site.yml", ssh_administrators=[{"name": "ops", "keys": [STRANGER]}])
    assert status != 0
    assert "`ssh_administrators` has no key that this machine holds" in output
    assert "changed=0" in output
    assert login("root").returncode == 0


@pytest.mark.split
@pytest.mark.usefixtures("bare")
def test_a_whole_run_moves_user_and_port_and_the_next_finds_its_way(login, run):
    status, output = run("playbooks/site.yml", ssh_port=2222)
    assert status == 0, output
    assert "`ansible_user` is root, who cannot log in after a run of site.yml" in output
    assert login("ops", "sudo -n true", port=2222).returncode == 0
    assert "denied" in login("root", port=2222).stderr
    assert "refused" in login("ops").stderr
    # The inventory still says root and 22.
    status, output = run("playbooks/site.yml", ssh_port=2222)
    assert (status, "changed=0" in output) == (0, True), output
    assert "this run logs in as ops over port 2222. For example: ansible_user: ops, ansible_port: 2222" in output
    # And back, by the role alone, from the port that it has.
    status, output = run(user="ops", port=2222, ssh_port=22)
    assert status == 0, output
    assert login("ops").returncode == 0
