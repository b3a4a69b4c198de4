"""What every host has, and that a container is not taken for a machine."""

import json
from pathlib import Path


def test_packages_are_installed(host):
    for command in ("curl", "logrotate", "setfacl", "tree"):
        assert host.exists(command)


def test_time_and_language_are_those_of_the_inventory(host):
    assert host.check_output("date +%Z") == "IST"
    assert host.check_output("systemctl is-enabled systemd-timesyncd") == "enabled"
    login = "su --login root --command"
    assert host.check_output(f"{login} 'echo $LANG'") == "de_DE.UTF-8"
    assert "Datei oder Verzeichnis nicht gefunden" in host.run(f"{login} 'ls /nowhere'").stderr


def test_the_journal_survives_a_restart_and_has_a_limit(host):
    host.check_output("logger --tag groundcrew before")
    host.check_output("systemctl restart systemd-journald && journalctl --sync")
    assert "before" in host.check_output("journalctl --directory=/var/log/journal --identifier=groundcrew")
    limit = "journalctl --unit=systemd-journald --grep='System Journal .*max' --output=cat --lines=1"
    assert "max 40" in host.check_output(limit)


def test_a_log_is_rotated_within_the_hour_when_it_is_large(host):
    """Debian's own rules have the two wait for a month, or a week; these are asked for at the next full hour."""
    host.check_output("truncate --size 3M /var/log/alternatives.log; truncate --size 1M /var/log/dpkg.log")
    host.check_output("rm -f /var/log/*.log.1; systemctl start logrotate.service")
    assert host.check_output("ls /var/log/*.log.1") == "/var/log/alternatives.log.1"
    (timer,) = json.loads(host.check_output("systemctl list-timers --output=json logrotate.timer"))
    assert timer["next"] / 1e6 - int(host.check_output("date +%s")) <= 3600 + 360


def test_security_updates_install_themselves(host):
    settings = host.check_output("apt-config dump")
    for setting in (
        'APT::Periodic::Update-Package-Lists "1";',
        'APT::Periodic::Unattended-Upgrade "1";',
        'Unattended-Upgrade::Automatic-Reboot "false";',
    ):
        assert setting in settings
    assert "Debian-Security" in settings
    assert host.service("apt-daily-upgrade.timer").is_enabled


def test_the_kernel_settings_of_the_network_are_in_force(host):
    assert host.check_output("cat /proc/sys/net/core/somaxconn") == "8192"
    assert host.check_output("cat /proc/sys/net/ipv4/tcp_rmem").split() == ["4096", "131072", "6000000"]


def test_a_container_leaves_the_kernel_of_its_host_alone(host):
    assert host.check_output("cat /proc/sys/vm/swappiness") != "17"
    assert Path("/proc/sys/vm/swappiness").read_text() != "17\n"


def test_what_was_taken_away_comes_back(host, play):
    host.check_output("rm /etc/sysctl.d/60-groundcrew.conf && sysctl --write net.core.somaxconn=100")
    host.check_output("ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime")
    host.check_output("apt-get -qq remove tree")
    # As a power cut leaves dpkg, apt installs nothing.
    host.check_output("dpkg-query --status curl > /var/lib/dpkg/updates/0000")
    assert "dpkg was interrupted" in host.run("LC_ALL=C apt-get -qy install tree").stderr
    assert play("molecule/shared/converge.yml").returncode == 0
    assert host.check_output("cat /proc/sys/net/core/somaxconn") == "8192"
    assert host.check_output("date +%Z") == "IST"
    assert host.exists("tree")
    assert host.check_output("ls /var/lib/dpkg/updates; dpkg --audit") == ""
    assert "changed=0" in play("molecule/shared/converge.yml").stdout
