"""The practices that a server shows of its upkeep: what failed, what waits to be done, what is kept."""

from __future__ import annotations

from .observed import Server
from .verdicts import Checks, Verdict, error, good, listed, unknown, warning

UPKEEP: Checks[Server] = Checks()
BASE = "the role base, which site.yml brings to every host"
DISK = {"warning": 85, "error": 95}  # percent
OLD_LISTS = 7 * 86400  # seconds


@UPKEEP.add(
    "failed-units",
    "No unit has failed",
    "A backup, a renewal or a worker that failed is missed on the day it is needed.",
    "systemctl status NAME on the server says why it failed; a later good run clears it",
)
def failed_units(one: Server) -> Verdict | None:
    """Judge what systemd says."""
    if one.error or not one.said["systemd"]:
        return None
    return error(listed(one.said["failed"])) if one.said["failed"] else good("None has failed")


@UPKEEP.add(
    "updates",
    "No security update waits",
    "Known holes are tried by robots within days.",
    BASE,
)
def updates(one: Server) -> Verdict | None:
    """Judge packages that wait."""
    found = one.said.get("updates")
    if not found:
        return None
    if found["security"]:
        return warning(f"{len(found['security'])} waiting: {listed(found['security'])}")
    if found["age"] is None or found["age"] > OLD_LISTS:
        return unknown("The lists of packages are older than a week")
    return good(f"None waits; {found['other']} others do" if found["other"] else "None waits")


@UPKEEP.add(
    "automatic-updates",
    "Security updates install themselves",
    "Nobody logs in on the day that counts.",
    BASE,
)
def automatic_updates(one: Server) -> Verdict | None:
    """Judge unattended-upgrades."""
    if not one.said.get("updates"):
        return None
    return (
        good("unattended-upgrades is on")
        if one.said["updates"]["automatic"]
        else warning("unattended-upgrades is not on")
    )


@UPKEEP.add(
    "reboot",
    "No reboot waits",
    "The old kernel or library runs until then.",
    "sudo touch /run/groundcrew-drain behind a load balancer, then sudo reboot",
)
def reboot(one: Server) -> Verdict | None:
    """Judge what asks for a reboot."""
    if one.error:
        return None
    if one.said["reboot"] is None:
        return good("None waits")
    return warning(f"One waits for {listed(one.said['reboot'])}" if one.said["reboot"] else "One waits")


@UPKEEP.add(
    "disk", "There is room on the disk", "On a full disk databases stop, and so does the site.", "base_journal_size: 1G"
)
def disk(one: Server) -> Verdict | None:
    """Judge how full the disks are, in space and in inodes."""
    found = [
        (each.get(kind, 0), kind, each["path"]) for each in one.said.get("disks", ()) for kind in ("space", "inodes")
    ]
    if not found:
        return None
    most, kind, path = max(found)
    seen = f"{path} is {most} % full" + (" (inodes)" if kind == "inodes" else "")
    return next((Verdict(level, seen) for level in ("error", "warning") if most >= DISK[level]), good(seen))


@UPKEEP.add(
    "ssh",
    "SSH takes keys alone",
    "Passwords are guessed all day long.",
    "ssh_administrators: [{name: ops, keys: [...]}]",
)
def ssh(one: Server) -> Verdict | None:
    """Judge the settings of sshd."""
    found = one.said.get("sshd")
    if not found:
        return None
    if found.get("passwordauthentication") != "yes":
        return good("Passwords are refused")
    return (
        error("root may log in with a password")
        if found.get("permitrootlogin") == "yes"
        else warning("Passwords are taken")
    )


@UPKEEP.add(
    "logs", "Logs outlive a reboot", "The reason for a crash is in the lines before it.", "base_journal_size: 1G"
)
def logs(one: Server) -> Verdict | None:
    """Judge the journal."""
    if one.error or not one.said["systemd"]:
        return None
    return good("The journal is on the disk") if one.said["journal"] else warning("The journal is in memory")


@UPKEEP.add(
    "alerts",
    "No alert fires",
    "It was mailed, and has not been mended yet.",
    "the command that the mail of the alert names",
)
def alerts(one: Server) -> Verdict | None:
    """Judge what fires on a server that watches; one that always fires, for a heartbeat, has the severity none."""
    found = one.said.get("alerts")
    if found is None:
        return None
    firing = [alert for alert in found if alert["severity"] != "none"]
    if not firing:
        return good("None fires")
    seen = listed([alert["summary"] for alert in firing])
    return error(seen) if any(alert["severity"] == "critical" for alert in firing) else warning(seen)


@UPKEEP.add(
    "backup",
    "Backups are made and proved",
    "A disk, a mistake or a migration takes everything.",
    "backup_repository: {path: /mnt/nas/groundcrew}",
)
def backup(one: Server) -> Verdict | None:
    """Judge how old the last good backup and the last proved restore are."""
    found = one.said.get("backup")
    if not found:
        return None if one.error else unknown("Its age could not be asked")
    if "says" in found:
        seen = "; ".join(line.strip() for line in found["says"].splitlines())
        return good(seen) if found["well"] else error(seen)
    if found["programs"]:
        return unknown(f"{listed(found['programs'])} is there; whether it runs, only you know")
    return warning("No backups, as far as can be seen")
