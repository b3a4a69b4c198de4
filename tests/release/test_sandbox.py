"""The sandbox: what it forbids, what a word lifts, and how a program that met it is understood."""

import importlib.util
from pathlib import Path

import pytest
import yaml
from groundcrew_release import commands, run, sandbox
from groundcrew_release.application import Command, parse
from groundcrew_release.steps import FailedError

ROLES = Path(__file__).parents[2] / "roles"
RWX = """Traceback (most recent call last):
  File "/srv/shop/releases/abc/source/shop/fast.py", line 3, in <module>
    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | 4)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
PermissionError: [Errno 1] Operation not permitted
"""
CHMOD = """  File "/usr/lib/python3.11/pathlib.py", line 1108, in chmod
    os.chmod(self, mode, follow_symlinks=follow_symlinks)
PermissionError: [Errno 1] Operation not permitted: '/srv/shop/media/x'
"""


def choices(role, *path):
    """Return the words that a specification knows at a place."""
    found = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    for key in path:
        found = found["options"][key]
    return found["options"]["sandbox"]["options"]["allow"]["choices"]


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("django_app", ("django_app",)),
        ("django_app", ("django_app", "commands")),
        ("django_app", ("django_app", "build")),
        ("worker", ("worker_app", "processes")),
        ("worker", ("worker_app", "timers")),
    ],
)
def test_specifications_know_the_words(role, path):
    assert choices(role, *path) == list(sandbox.OPENINGS)


def test_documentation_has_a_row_for_each_word():
    text = (ROLES.parent / "docs/applications.md").read_text()
    rows = [line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `")]
    assert [word for word in rows if word in sandbox.OPENINGS] == list(sandbox.OPENINGS)


def test_module_stands_alone():
    """The roles read it without the engine."""
    found = importlib.util.spec_from_file_location("alone", sandbox.__file__)
    text = Path(found.origin).read_text()
    assert "from ." not in text
    assert "groundcrew_release" not in text


def test_every_word_lifts_a_ban():
    for word, opening in sandbox.OPENINGS.items():
        keys = {line.partition("=")[0] for line in opening.lines}
        known = {line.partition("=")[0] for line in (*sandbox.BANS, "AmbientCapabilities=", "ReadWritePaths=")}
        assert keys <= known, word
        assert sandbox.allowed([word]) == list(opening.lines)
    assert sandbox.allowed([]) == []
    assert sandbox.allowed(["nonsense"]) == []


def test_order_of_words_means_nothing():
    assert sandbox.allowed(["proc", "jit"]) == sandbox.allowed(["jit", "proc", "jit"])
    source = '"source": {"kind": "pypi", "location": "pypi"}'
    told = parse(f'{{"name": "shop", {source}, "domains": ["a"], "sandbox": {{"allow": ["proc", "jit"]}}}}')
    assert told.allow == ("jit", "proc")


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (RWX, "jit"),
        (RWX.replace("Errno 1", "Errno 13"), "jit"),
        ("MemoryError: Cannot allocate write+execute memory for ffi.callback().", "jit"),
        ("libx.so: cannot enable executable stack as shared object requires: Operation not permitted", "jit"),
        ("# Fatal error in , line 0\n# Check failed: 12 == (*__errno_location ()).\n#", "jit"),
        ("PermissionError: [Errno 13] cannot allocate executable memory. This may be due to security", "jit"),
        ("# Fatal javascript OOM in MemoryChunk allocation failed during deserialization.\n#", "jit"),
        ("LLVM ERROR: Unable to allocate section memory!", "jit"),
        (
            "Got an unexpected error trying to allocate some memory for the JIT (tried to do mmap() with PROT_EXEC)",
            "jit",
        ),
        ("#\n# Fatal process OOM in Failed to reserve virtual memory for CodeRange\n#", "jit"),
        (
            "Failed to move to new namespace: PID namespaces supported, but failed: errno = Operation not permitted",
            "namespaces",
        ),
        ("FATAL:zygote_host_impl_linux.cc(117)] No usable sandbox!", "namespaces"),
        ("bwrap: No permissions to create new namespace", "namespaces"),
        ("serial.SerialException: [Errno 2] could not open port /dev/ttyUSB0: [Errno 2] No such file", "devices"),
        ("RuntimeError: No CUDA GPUs are available", "devices"),
        ("ping: socket: Operation not permitted", "raw_sockets"),
        (
            "    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\nOSError: [Errno 97] Address family not supported",
            "raw_sockets",
        ),
        ("OSError: [Errno 97] Address family not supported by protocol", "netlink"),
        ("SystemError [ERR_SYSTEM_ERROR]: uv_interface_addresses returned Unknown system error 97", "netlink"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/proc/meminfo'", "proc"),
        ("PermissionError: [Errno 13] Permission denied: '/home/alice/models'", "home"),
        ("OSError: No such file or directory: /tmp/.X11-unix/X0", "tmp"),
        ("nice: cannot set niceness: Operation not permitted", "resources"),
        ("  os.sched_setaffinity(0, {1})\nPermissionError: [Errno 1] Operation not permitted", "resources"),
        (CHMOD, "setgid_files"),
        ("chmod: changing permissions of 'q': Operation not permitted", "setgid_files"),
        ("unshare: unshare failed: Operation not permitted", "namespaces"),
        ("/usr/bin/cat: /proc/meminfo: No such file or directory", "proc"),
        ("sysv_ipc.ExistentialError: No shared memory exists with the key 42", "ipc"),
        ("    self.socket.bind(self.server_address)\nPermissionError: [Errno 1] Operation not permitted", "ports"),
        ("[Errno 1] error while attempting to bind on address ('0.0.0.0', 5555): operation not permitted", "ports"),
        ("Error: listen EPERM: operation not permitted 127.0.0.1:3000", "ports"),
        ("HTTPConnectionPool(host='169.254.169.254', port=80): Max retries exceeded", "metadata"),
        ("botocore.exceptions.NoCredentialsError: Unable to locate credentials", "metadata"),
        ("dbus.exceptions.DBusException: org.freedesktop.DBus.Error.NoServer", "dbus"),
        ("shop-worker-pdf.service: Main process exited, code=dumped, status=31/SYS", "32bit"),
        ("Bad system call (core dumped)", "32bit"),
    ],
)
def test_ban_is_recognised_by_the_last_words(words, word):
    hint = sandbox.hint(words)
    assert hint.endswith(f"`sandbox: {{allow: [{word}]}}` allows it."), hint
    assert word not in sandbox.hint(words, list(sandbox.OPENINGS))


@pytest.mark.parametrize(
    "words",
    [
        'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
        "postdrop: warning: mail_queue_enter: create file maildrop/1: Permission denied",
    ],
)
def test_becoming_another_user_has_no_word(words):
    assert sandbox.hint(words).startswith("The sandbox forbids programs that become another user")


def test_lines_of_two_words_add_up_wherever_they_come_from():
    """Those of a process follow those of its application: an empty list would forget what was allowed before."""
    lists = ("SystemCallFilter", "RestrictAddressFamilies", "CapabilityBoundingSet", "ReadWritePaths")
    for word, opening in sandbox.OPENINGS.items():
        for line in opening.lines:
            key, _, value = line.partition("=")
            assert value[:1] not in ("", "~") or key not in lists, word


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        ("OSError: [Errno 30] Read-only file system: '/srv/shop/index/a.db'", "/srv/shop/index/a.db"),
        ("Error: EROFS: read-only file system, open '/opt/x/log.txt'", "/opt/x/log.txt"),
        ("/usr/bin/sh: 1: cannot create /opt/x: Read-only file system", "/opt/x"),
        ("mkdir: cannot create directory '/var/x': Read-only file system", "/var/x"),
    ],
)
def test_read_only_path_is_named_with_the_key(words, folder):
    assert sandbox.hint(words) == f"The sandbox keeps {folder} read-only: `directories` names the folders to write to."


@pytest.mark.parametrize(
    "words",
    [
        "",
        "ModuleNotFoundError: No module named 'x'",
        "PermissionError: [Errno 13] Permission denied: '/srv/shop/media/x'",
        "django.db.utils.OperationalError: FATAL: Peer authentication failed",
        "npm error code ERESOLVE",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n v8::internal::Heap()",
        "MemoryError",
        # What the library was compiled with, not what the sandbox hides.
        'connection to server on socket "/tmp/.s.PGSQL.5432" failed: No such file or directory',
        "django.core.exceptions.ImproperlyConfigured: no SECRET_KEY",
    ],
)
def test_what_the_sandbox_has_no_part_in(words):
    assert sandbox.hint(words) == ""


@pytest.fixture
def app(shop):
    made = shop(allow=("netlink",), umask="0007", directories=("/srv/index",))
    (made.release("abc") / "source").mkdir(parents=True)
    (made.release("abc") / "work").symlink_to("source")
    (made.release("abc") / "environment").write_text("A=1\n")
    return made


def test_command_has_what_the_application_and_itself_may(app, units, root):
    commands.prepare(app, "abc", Command(manage="migrate", allow=("jit",)), ["python manage.py migrate"])
    ((_, transient, _),) = units.ran
    lines = list(transient.properties)
    assert lines[:3] == ["User=shop", "Group=shop", "UMask=0007"]
    assert f"ReadWritePaths={root}/srv/shop/media {root}/srv/shop/cache /srv/index" in lines
    behind = lines[lines.index("SystemCallErrorNumber=EPERM") + 2 :]
    assert behind[:2] == ["MemoryDenyWriteExecute=no", "RestrictAddressFamilies=AF_NETLINK"]


def test_command_of_an_older_release_has_what_that_may(app):
    (app.release("abc") / "release.json").write_text('{"id": "abc", "sandbox": ["proc"]}')
    assert run.properties(app, "abc")[-4:-2] == ["ProtectProc=default", "ProcSubset=all"]


def test_failure_of_a_command_names_the_word(app, units):
    units.failing = {"fast": RWX}
    with pytest.raises(FailedError) as raised:
        commands.prepare(app, "abc", Command(run="python fast.py"), ["python fast.py"])
    assert str(raised.value).splitlines() == [
        "`python fast.py` failed: PermissionError: [Errno 1] Operation not permitted",
        "The sandbox forbids memory that is written and then executed: "
        "where it is needed, `sandbox: {allow: [jit]}` allows it.",
    ]
    with pytest.raises(FailedError) as raised:
        commands.prepare(app, "abc", Command(run="python fast.py", allow=("jit",)), ["python fast.py"])
    assert "sandbox" not in str(raised.value)
