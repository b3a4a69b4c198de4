"""The sandbox of everything that runs the application's code: web servers, workers, timers, commands, build steps.

It is closed, and opened by name: each word of `allow` lifts one ban. It imports nothing of the engine, since the roles
read it, too, for the units that they write (`plugins/module_utils/applications/sandbox.py`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

METADATA = "169.254.0.0/16 fe80::/10 fd00:ec2::254"
"""Where clouds give their machines credentials: addresses of the link, and one of EC2's own."""

BANS = (
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "PrivateUsers=yes",
    "PrivateIPC=yes",
    "ProtectSystem=strict",
    # ProtectProc and ProcSubset take /run out of what ProtectSystem protects.
    "ReadOnlyPaths=/run",
    # Which units the host has, and what they do.
    "InaccessiblePaths=-/run/dbus",
    "ProtectHome=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    f"IPAddressDeny={METADATA}",
    # Debian 12's systemd cannot, and says nothing.
    "SocketBindDeny=any",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "RemoveIPC=yes",
    "KeyringMode=private",
    "DevicePolicy=closed",
    # Of the host's memory, and processes with their threads: one application leaves something to the others.
    "MemoryMax=75%",
    "TasksMax=4096",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged @resources",
    # Gunicorn chowns its socket, to the user that it runs as.
    "SystemCallFilter=@chown",
    "SystemCallErrorNumber=EPERM",
)
"""PrivateNetwork stays off: draining reads the host's /proc/net/unix."""


@dataclass(frozen=True)
class Opening:
    """One ban that can be lifted.

    `ban` says what is forbidden, `lines` come behind BANS in a unit and lift it, `signs` are regular expressions that a
    program's last words match when it met the ban.
    """

    ban: str
    lines: tuple[str, ...]
    signs: tuple[str, ...]


REFUSED = r"(?:[Oo]peration not permitted|EPERM|[Pp]ermission denied|EACCES)"
RAISED = r"[^\n]*(?:\n[ \t~^]*)?\n(?:[\w.]+\.)?(?:PermissionError|OSError): \[Errno 1[3]?\]"
"""In a traceback, behind the name of a function whose call raises."""
OPENINGS = {
    "jit": Opening(
        "memory that is written and then executed",
        ("MemoryDenyWriteExecute=no",),
        (
            "write\\+execute memory",  # cffi
            "ffi_closure_alloc|could not allocate closure|ctypes.*\\n.*\\nMemoryError",
            "executable stack",
            # V8, in Node.
            r"MemoryChunk allocation failed|CodeRange|SetPermissions|12 == \(\*__errno_location",
            "cannot allocate executable memory",  # numba
            "LLVM ERROR: (?:Unable to allocate|.*memory)|mprotect failed|Cannot allocate memory for the JIT",
            "trying to allocate some memory for the JIT|PROT_EXEC",
            rf"\b(?:mmap|mprotect|dlopen)\b{RAISED}",
            rf"\b(?:mmap|mprotect)\b[^\n]*{REFUSED}",
            "CodeCache|code cache memory|Failed to create CoreCLR",
        ),
    ),
    "namespaces": Opening(
        "namespaces of its own",
        (
            "RestrictNamespaces=no",
            "SystemCallFilter=@mount",
            "ProtectProc=default",
            "ProcSubset=all",
            "ProtectKernelTunables=no",
            "ProtectKernelLogs=no",
            "ProtectControlGroups=no",
            "ProtectHostname=no",
        ),
        (
            "Failed to move to new namespace|No usable sandbox|zygote_host_impl_linux|namespace_sandbox",
            "bwrap: |[Cc]reating (?:a )?new namespace failed|clone of a new namespace",
            rf"unshare[^\n]*{REFUSED}|pivot_root[^\n]*{REFUSED}",
        ),
    ),
    "devices": Opening(
        "devices such as a graphics card or a serial port",
        # ProtectClock names a device, and who names one forbids the others.
        ("PrivateDevices=no", "DevicePolicy=auto", "ProtectClock=no"),
        (
            "/dev/(?:nvidia|dri|kfd|tty[A-Z]|video|snd|bus|usb|fuse|kvm|gpio|i2c|spi)",
            "CUDA_ERROR_NO_DEVICE|no CUDA-capable device|No CUDA GPUs are available|NVML: Driver Not Loaded",
        ),
    ),
    "raw_sockets": Opening(
        "raw packets",
        (
            "RestrictAddressFamilies=AF_PACKET AF_NETLINK",
            "PrivateUsers=no",
            "CapabilityBoundingSet=CAP_NET_RAW",
            "AmbientCapabilities=CAP_NET_RAW",
        ),
        ("SOCK_RAW|AF_PACKET|raw socket|scapy", rf"ping[^\n]*{REFUSED}", rf"socket: {REFUSED}"),
    ),
    "netlink": Opening(
        "questions about the host's network interfaces",
        ("RestrictAddressFamilies=AF_NETLINK",),
        (
            "AF_NETLINK|[Nn]etlink|getifaddrs|uv_interface_addresses",
            r"\[Errno 97\]|EAFNOSUPPORT|Address family not supported",
        ),
    ),
    "proc": Opening(
        "what the kernel says of the host and of other processes in /proc",
        ("ProtectProc=default", "ProcSubset=all"),
        ("/proc/(?:meminfo|stat|cpuinfo|loadavg|uptime|vmstat|diskstats|swaps|net|sys|mounts|partitions|version)\\b",),
    ),
    "home": Opening(
        "the folders of people, /home and /root",
        ("ProtectHome=no",),
        (rf"{REFUSED}[^\n]*'/(?:home|root)\b", rf"'?/(?:home|root)/[^\n]*{REFUSED}"),
    ),
    "tmp": Opening(
        "the /tmp of the host, which others share",
        ("PrivateTmp=no", "ReadWritePaths=/tmp /var/tmp"),
        (r"/tmp/(?:\.X11-unix|[\w./-]*\.sock)",),  # noqa: S108 - not used here,
    ),
    "resources": Opening(
        "a priority, processors or limits of its own",
        ("SystemCallFilter=@resources", "RestrictRealtime=no"),
        (
            rf"(?:affinity|setpriority|set niceness|ioprio|setrlimit|set_mempolicy|mbind|sched_set)[^\n]*{REFUSED}",
            rf"\b(?:nice|sched_setaffinity|setpriority|setrlimit|sched_setscheduler)\b{RAISED}",
        ),
    ),
    "setgid_files": Opening(
        "files and folders with the setuid or setgid bit",
        ("RestrictSUIDSGID=no",),
        (rf"\b(?:chmod|fchmod|mkdir|mknod)\b{RAISED}", rf"chmod[^\n]*{REFUSED}"),
    ),
    "ipc": Opening(
        "shared memory and queues of other units",
        ("PrivateIPC=no", "RemoveIPC=no"),
        (r"sysv_ipc\.\w*Error|posix_ipc\.\w*Error|shmget|msgget|semget|mq_open|MIT-SHM",),
    ),
    "ports": Opening(
        "ports of its own",
        ("SocketBindDeny=",),
        (rf"\bbind\b{RAISED}", rf"\bbind(?:ing)?\b[^\n]*{REFUSED}", "listen EPERM|error while attempting to bind"),
    ),
    "metadata": Opening(
        "addresses of the link, where a cloud gives its machines credentials",
        ("IPAddressDeny=",),
        (r"169\.254\.\d|metadata\.google\.internal|Unable to locate credentials|DefaultCredentialsError",),
    ),
    "dbus": Opening(
        "the system's D-Bus",
        ("InaccessiblePaths=",),
        (r"/run/dbus/|org\.freedesktop\.DBus|dbus\.exceptions|[Ff]ailed to connect to (?:system )?bus",),
    ),
    "32bit": Opening(
        "programs for another kind of processor, such as those of 32 bits",
        ("SystemCallArchitectures=", "LockPersonality=no"),
        ("Bad system call|SIGSYS|status=31/SYS|set personality",),
    ),
}
BECOMING = re.compile(
    r"no new privileges|must be setuid root|effective uid is not 0|"
    rf"(?:postdrop|sendmail|exim4?|sudo|su|newuidmap)\b[^\n]*{REFUSED}"
)
"""What programs say that cannot become another user. systemd 252 would allow it where nothing else is forbidden."""
BUILD = ("jit", "proc", "netlink", "ports")
"""What build steps are allowed in any case: Node compiles, counts processors, lists network interfaces, and serves."""
READ_ONLY = re.compile(r"[Rr]ead-only file system[^'\n]*'(/[^'\n]+)'|'?(/[^':\n]+)'?: [Rr]ead-only file system")


def allowed(words: Iterable[str]) -> list[str]:
    """Return the lines of a unit that lift bans, behind those of `bans`; a word that nobody knows lifts none."""
    wanted = set(words)
    return [line for word, opening in OPENINGS.items() if word in wanted for line in opening.lines]


def bans(user: str, umask: str, writable: Sequence[str]) -> list[str]:
    """Return the lines of a unit that make up the closed sandbox of a user, who may write to some folders."""
    return [f"User={user}", f"Group={user}", f"UMask={umask}", *BANS, f"ReadWritePaths={' '.join(writable)}"]


def hint(words: str, allow: Iterable[str] = ()) -> str:
    """Return the sentence about a ban that a program met, by its last words; "" when it met none.

    :param allow: what is allowed already.
    """
    for word, opening in OPENINGS.items():
        if word not in set(allow) and any(re.search(sign, words) for sign in opening.signs):
            return f"The sandbox forbids {opening.ban}: where it is needed, `sandbox: {{allow: [{word}]}}` allows it."
    if BECOMING.search(words):
        return "The sandbox forbids programs that become another user, such as sudo; mail goes over SMTP to localhost."
    if found := READ_ONLY.search(words):
        return f"The sandbox keeps {found[1] or found[2]} read-only: `directories` names the folders to write to."
    return ""
