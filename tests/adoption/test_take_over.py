"""A project that runs is stopped and packed, and put back, by commands that are written down here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from adoption import take_over


@pytest.fixture
def adoption(tmp_path, monkeypatch):
    """Return an adoption whose commands are written down, and fail when they are named in `failing`."""
    monkeypatch.setattr(take_over, "ROOT", tmp_path / "kept")
    monkeypatch.setattr(take_over, "CONFIGURATIONS", (str(tmp_path / "nginx"), str(tmp_path / "postgresql")))
    monkeypatch.setattr(take_over, "APPLICATIONS", str(tmp_path / "django"))
    monkeypatch.setattr(take_over, "UNITS", str(tmp_path / "units"))
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/paper.txt").write_text("paper")
    (tmp_path / "media").symlink_to("disk")
    (tmp_path / "nginx").mkdir()
    (tmp_path / "postgresql/15/main").mkdir(parents=True)
    (tmp_path / "nginx/site").write_text("old")
    (tmp_path / "crontab").write_text("# mine\n7 3 * * * x\n9 9 * * * y\n")
    lines, failing = [], []

    def run(*command, check=True, stdout=None, **options):
        del options
        lines.append(" ".join(command))
        if check and any(word in lines[-1] for word in failing):
            raise take_over.CannotError(f"{command[0]} failed")
        if command[0] == "cp":
            subprocess.run(command, check=True)
        if stdout:
            stdout.write(b"dump")
        return ""

    monkeypatch.setattr(take_over, "run", run)
    made = {
        "stop": ["gunicorn.service", "gunicorn.socket"],
        "states": {
            "gunicorn.service": {"active": True, "enabled": False},
            "gunicorn.socket": {"active": True, "enabled": True},
            "idle.service": {"active": False, "enabled": False},
        },
        "crontabs": {str(tmp_path / "crontab"): ["7 3 * * * x"]},
        "supervisor": [],
        "processes": [],
        "sites": [str(tmp_path / "nginx/site")],
        "databases": {"default": {"user": "postgres", "command": ["pg_dump"], "folder": "/", "env": {}}},
        "media": str(tmp_path / "media"),
        "rename": [],
        "port": "",
    }
    return take_over.Adoption("shop"), made, lines, failing


def test_begin_stops_and_packs(adoption, tmp_path):
    one, made, lines, _ = adoption
    assert "gunicorn.socket" in one.begin(made)
    # A socket would start its service again.
    assert "systemctl stop gunicorn.socket gunicorn.service" in lines
    listed = subprocess.check_output(["tar", "--list", "--file", one.archive], text=True).split()
    assert listed == ["databases/", "databases/default.dump", "media/", "media/paper.txt"]
    assert not (tmp_path / "nginx/site").exists()
    assert (tmp_path / "crontab").read_text() == "# mine\n#7 3 * * * x\n9 9 * * * y\n"
    assert one.archive.stat().st_mode & 0o077 == 0
    assert one.state.stat().st_mode & 0o077 == 0


def test_begin_again_goes_on_and_after_the_end_does_nothing(adoption):
    one, made, lines, _ = adoption
    one.begin(made)
    count = len(lines)
    assert take_over.Adoption("shop").begin({}) == ""
    take_over.Adoption("shop").finish()
    assert lines[count:] == ["systemctl disable --quiet gunicorn.socket"]
    assert take_over.Adoption("shop").begin({}) == take_over.Adoption("shop").finish() == ""
    assert not one.archive.exists()


def test_what_puts_everything_back_is_on_the_disk_first(adoption, flushed):
    one, made, _, _ = adoption
    one.begin(made)
    assert flushed == ["state.json", "crontab", "shop.tar"]


def test_begin_that_was_killed_is_made_up_for(adoption):
    one, made, _, _ = adoption
    one.begin(made)
    one.archive.unlink()
    assert take_over.Adoption("shop").begin({}) != ""
    assert one.archive.exists()


def test_a_database_is_renamed_once(adoption, monkeypatch):
    one, made, _, _ = adoption
    held, renamed = {"shop"}, []

    def rename(old, new, _port):
        renamed.append((old, new))
        held.remove(old)
        held.add(new)

    monkeypatch.setattr(take_over, "exists", lambda name, _port: name in held)
    monkeypatch.setattr(take_over, "rename", rename)
    one.begin(made | {"rename": [["shop", "shop_before"]]})
    # The application's own has the name now.
    held.add("shop")
    take_over.Adoption("shop").begin({})
    assert renamed == [("shop", "shop_before")]


@pytest.mark.parametrize("word", ["stop gunicorn", "pg_dump"])
def test_begin_that_fails_starts_everything_again(adoption, tmp_path, word):
    one, made, lines, failing = adoption
    failing.append(word)
    with pytest.raises(take_over.CannotError):
        one.begin(made)
    assert "systemctl start gunicorn.service" in lines
    assert not any("restart" in line or "idle" in line for line in lines)
    assert (tmp_path / "nginx/site").read_text() == "old"
    assert (tmp_path / "crontab").read_text() == "# mine\n7 3 * * * x\n9 9 * * * y\n"
    assert take_over.Adoption("shop").kept == {}


def test_back_puts_back_what_was_there(adoption, tmp_path):
    one, made, lines, _ = adoption
    dropin = tmp_path / "units/postgresql@15-main.service.d/groundcrew.conf"
    dropin.parent.mkdir(parents=True)
    dropin.touch()
    one.begin(made)
    one.finish()
    (tmp_path / "nginx/ours").touch()
    (tmp_path / "nginx/modules-enabled").mkdir()
    (tmp_path / "nginx/modules-enabled/50-mod-brotli.conf").symlink_to("/usr/share/nginx/x")
    (tmp_path / "nginx/modules-enabled/90-ours.conf").touch()
    take_over.Adoption("shop").back()
    left = sorted(str(path.relative_to(tmp_path / "nginx")) for path in (tmp_path / "nginx").rglob("*"))
    # What a package has switched on would never come again.
    assert left == ["modules-enabled", "modules-enabled/50-mod-brotli.conf", "site"]
    assert not dropin.exists()
    assert "systemctl enable --quiet gunicorn.socket" in lines
    assert lines.index("systemctl try-restart nginx.service") < lines.index("systemctl start gunicorn.socket")
    assert take_over.Adoption("shop").back() == ""


def comes(tmp_path, name):
    """Let an application come to the host, with its site."""
    (tmp_path / f"django/{name}").mkdir(parents=True)
    (tmp_path / f"django/{name}/application.json").touch()
    (tmp_path / "nginx/sites-enabled").mkdir(exist_ok=True)
    (tmp_path / f"nginx/sites-enabled/{name}.conf").write_text(name)


def files(tmp_path):
    """Return what is on the host, with its text."""
    every = [path for top in ("nginx", "postgresql", "units") for path in (tmp_path / top).rglob("*")]
    return {str(path): path.is_file() and path.read_text() for path in every}


def test_back_keeps_what_was_configured_since(adoption, tmp_path):
    one, made, _, _ = adoption
    one.begin(made)
    one.finish()
    (tmp_path / "nginx/hand-made").write_text("new")
    (tmp_path / "crontab").write_text((tmp_path / "crontab").read_text() + "1 1 * * * z\n")
    said = take_over.Adoption("shop").back()
    (since,) = (tmp_path / "kept").glob("shop-*/since")
    assert (since / tmp_path.relative_to("/") / "nginx/hand-made").read_text() == "new"
    assert str(since) in said
    assert (tmp_path / "crontab").read_text() == "# mine\n7 3 * * * x\n9 9 * * * y\n1 1 * * * z\n"


def test_back_that_was_killed_goes_on_and_keeps_what_was_there_first(adoption, tmp_path):
    one, made, _, failing = adoption
    one.begin(made)
    one.finish()
    (tmp_path / "nginx/hand-made").write_text("new")
    failing.append("start gunicorn.socket")
    with pytest.raises(take_over.CannotError):
        take_over.Adoption("shop").back()
    failing.clear()
    assert take_over.Adoption("shop").back() != ""
    (since,) = (tmp_path / "kept").glob("shop-*/since")
    assert (since / tmp_path.relative_to("/") / "nginx/hand-made").read_text() == "new"
    assert (tmp_path / "nginx/site").read_text() == "old"


@pytest.mark.parametrize("finished", [True, False])
def test_back_refuses_before_anything_when_an_application_came_since(adoption, tmp_path, finished):
    one, made, lines, _ = adoption
    one.begin(made)
    if finished:
        one.finish()
    comes(tmp_path, "shop")
    comes(tmp_path, "blog")
    before, count = files(tmp_path), len(lines)
    with pytest.raises(take_over.CannotError, match="blog came to this host after shop was adopted"):
        take_over.Adoption("shop").back()
    assert (files(tmp_path), lines[count:]) == (before, [])


def test_back_says_when_nobody_noted_what_was_there(adoption, tmp_path):
    """As adoptions of an earlier version: which application is younger, nobody knows."""
    one, made, _, _ = adoption
    comes(tmp_path, "blog")
    one.begin(made)
    one.finish()
    state = tmp_path / "kept/shop/state.json"
    kept = json.loads(state.read_text())
    del kept["others"]
    state.write_text(json.dumps(kept))
    with pytest.raises(take_over.CannotError, match="did not note which applications were here: blog may have come"):
        take_over.Adoption("shop").back()


def test_back_leaves_what_is_an_application_s_of_before(adoption, tmp_path):
    one, made, _, _ = adoption
    comes(tmp_path, "blog")
    one.begin(made)
    one.finish()
    comes(tmp_path, "shop")
    (tmp_path / "nginx/sites-enabled/blog.conf").write_text("changed since")
    (tmp_path / "postgresql/15/main").rename(tmp_path / "postgresql/17")
    assert "is again served" in take_over.Adoption("shop").back()
    left = {path.name: path.read_text() for path in (tmp_path / "nginx").rglob("*") if path.is_file()}
    assert left == {"blog.conf": "changed since", "site": "old"}
    assert (tmp_path / "postgresql/17").exists()


def test_back_refuses_before_anything_when_the_databases_moved_on(adoption, tmp_path):
    one, made, lines, _ = adoption
    one.begin(made)
    # The adoption may itself have made a server beside the old one.
    (tmp_path / "postgresql/17/main").mkdir(parents=True)
    one.finish()
    (tmp_path / "postgresql/15/main").rmdir()
    before, count = files(tmp_path), len(lines)
    said = "PostgreSQL was 15/main, 17/main when shop was adopted, and is 17/main now"
    with pytest.raises(take_over.CannotError, match=said):
        take_over.Adoption("shop").back()
    assert (files(tmp_path), lines[count:]) == (before, [])
    (tmp_path / "postgresql/15/main").mkdir()
    assert take_over.Adoption("shop").back() != ""


def test_a_run_that_failed_is_put_back_beside_a_server_that_it_made(adoption, tmp_path):
    one, made, _, _ = adoption
    one.begin(made)
    (tmp_path / "postgresql/17/main").mkdir(parents=True)
    assert take_over.Adoption("shop").back() != ""


def test_what_is_kept_is_never_replaced(adoption, tmp_path):
    one, made, _, _ = adoption
    one.begin(made)
    # The old site's file has the name of ours, which a run before wrote.
    (tmp_path / "nginx/site").write_text("ours")
    take_over.Adoption("shop").begin({})
    assert not (tmp_path / "nginx/site").exists()
    (tmp_path / "nginx/site").write_text("ours")
    take_over.Adoption("shop").back()
    assert (tmp_path / "nginx/site").read_text() == "old"


def test_a_database_that_has_the_name_already_is_not_taken_for_the_old_one(adoption, monkeypatch):
    one, made, _, _ = adoption
    renamed = []
    monkeypatch.setattr(take_over, "exists", lambda name, _port: name in ("shop", "shop_before"))
    monkeypatch.setattr(take_over, "rename", lambda old, new, _port: renamed.append((old, new)))
    with pytest.raises(take_over.CannotError, match="There is a database shop_before already"):
        one.begin(made | {"rename": [["shop", "shop_before"]]})
    assert renamed == []


def test_programs_print_one_answer(tmp_path):
    text = Path(take_over.__file__).read_text().replace("/var/lib/groundcrew-adopt", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-"], input=f"{text}\nmain('look', 'shop', {{}})\n", capture_output=True, text=True, check=True
    )
    assert done.stdout == 'GROUNDCREW {"changed": false, "msg": "", "archive": "", "stage": ""}\n'
