"""The module `guard`: what it saves, what it puts back, and that only one of `keep` and `revert` happens."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
specification = importlib.util.spec_from_file_location("guard_module", ROOT / "plugins/modules/guard.py")
module = importlib.util.module_from_spec(specification)
specification.loader.exec_module(module)


@pytest.fixture
def guard(tmp_path, monkeypatch):
    """Return a guard of a host that is a folder, whose systemctl says nothing."""
    bin_ = tmp_path / "bin"
    for folder in (bin_, tmp_path / "units/multi-user.target.wants"):
        folder.mkdir(parents=True)
    (bin_ / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/systemctl\n')
    (bin_ / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    monkeypatch.setattr(module, "STORE", tmp_path / "store")
    monkeypatch.setattr(module, "UNITS", tmp_path / "units")
    return module.Guard("ssh")


@pytest.fixture
def files(tmp_path):
    """Return three files: one with a name that a shell would split, a link, and one that is not there yet."""
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o755)
    (folder / "it's a file").write_text("old")
    (folder / "it's a file").chmod(0o640)
    (folder / "link").symlink_to("nowhere")
    return [folder / "it's a file", folder / "link", folder / "new"]


def change(files):
    files[0].unlink()
    files[0].write_text("other")
    files[1].unlink()
    files[1].write_text("no link")
    files[2].write_text("new")


def test_what_nobody_confirms_is_put_back_with_its_mode(guard, files, tmp_path):
    guard.arm([*map(str, files)], f"echo again >> {tmp_path}/command", 5)
    change(files)
    assert guard.waits
    assert guard.revert() == [str(path) for path in files]
    assert files[0].read_text() == "old"
    assert files[0].stat().st_mode & 0o777 == 0o640
    assert str(files[1].readlink()) == "nowhere"
    assert not files[2].exists()
    assert (tmp_path / "command").read_text() == "again\n"
    # The folders above stay as they were: the first version put back its own over them.
    assert (tmp_path / "etc").stat().st_mode & 0o777 == 0o755
    assert not guard.waits
    assert [*(tmp_path / "units").glob("*.*er*")] == []


def test_what_was_not_changed_is_not_told(guard, files):
    guard.arm([*map(str, files)], "true", 5)
    files[2].write_text("new")
    assert guard.revert() == [str(files[2])]
    assert guard.revert() == []


def test_a_change_that_is_confirmed_stays(guard, files):
    guard.arm([*map(str, files)], "true", 5)
    change(files)
    revert = (guard.folder / "revert").read_text()
    subprocess.run(["/bin/sh", guard.folder / "keep"], check=True)
    assert not guard.waits
    subprocess.run(["/bin/sh", "-c", revert], check=False)
    assert files[0].read_text() == "other"


def test_a_change_that_was_undone_cannot_be_confirmed(guard, files):
    guard.arm([*map(str, files)], "true", 5)
    keep = (guard.folder / "keep").read_text()
    guard.revert()
    assert subprocess.run(["/bin/sh", "-c", keep], check=False, capture_output=True).returncode != 0


def test_what_is_half_put_back_is_put_back_whole_at_the_next_start(guard, files):
    """As after a power cut while the files were put back."""
    guard.arm([*map(str, files)], "true", 5)
    change(files)
    (guard.folder / "armed").rename(guard.folder / "reverting")
    subprocess.run(["/bin/sh", guard.folder / "revert"], check=True)
    assert files[0].read_text() == "old"


def test_the_timer_is_on_the_second_and_the_unit_starts_with_the_host(guard, tmp_path):
    guard.arm([], "true", 5)
    assert "OnActiveSec=5\n" in (tmp_path / "units/groundcrew-guard-ssh.timer").read_text()
    assert "AccuracySec=100ms" in (tmp_path / "units/groundcrew-guard-ssh.timer").read_text()
    said = (tmp_path / "systemctl").read_text().splitlines()
    assert said == ["daemon-reload", "enable groundcrew-guard-ssh.service", "restart groundcrew-guard-ssh.timer"]


def test_what_the_timer_has_started_is_waited_for_before_the_next_change(guard, files, tmp_path):
    """Its last step removes the folder of the change: it removed the one that was armed meanwhile."""
    guard.arm([*map(str, files)], f"echo again >> {tmp_path}/command", 5)
    change(files)
    folder = guard.folder
    (tmp_path / "bin/systemctl").write_text(f'#!/bin/sh\n[ "$1" != start ] || /bin/sh {folder}/revert\n')
    assert guard.revert() == [str(path) for path in files]
    assert (tmp_path / "command").read_text() == "again\n"


@pytest.mark.parametrize("left", ["kept", "files/it"])
def test_a_change_whose_end_was_cut_short_does_not_stop_the_next(guard, files, left):
    """The power went before the last step of `keep`, or of `revert`: removing the folder."""
    guard.arm([*map(str, files)], "true", 5)
    (guard.folder / "armed").rename(guard.folder / "kept")
    if left != "kept":
        (guard.folder / "revert").unlink()
    guard.revert()
    guard.arm([*map(str, files)], "true", 5)
    change(files)
    assert guard.revert() == [str(path) for path in files]
    assert files[0].read_text() == "old"


def test_a_change_that_is_confirmed_at_the_same_moment_stays(guard, files):
    """Who takes the file `armed` first decides; the other has seen that it was there."""
    guard.arm([*map(str, files)], "true", 5)
    change(files)
    (guard.folder / "armed").unlink()
    subprocess.run(["/bin/sh", guard.folder / "revert"], check=True)
    assert files[0].read_text() == "other"


def test_it_is_armed_when_it_is_on_the_disk(guard, files, tmp_path, monkeypatch, flushed):
    """After a power cut the host puts back what was there: half of it would let nobody in."""
    synced = []
    sync = module.os.sync
    monkeypatch.setattr(module.os, "sync", lambda: (sync(), synced.append([*(tmp_path / "units").glob("*.timer")])))
    guard.arm([*map(str, files)], "true", 5)
    assert flushed == ["ssh"]
    assert synced[-1] == [tmp_path / "units/groundcrew-guard-ssh.timer"]


@pytest.mark.parametrize("left", ["kept", "armed revert"])
def test_what_a_killed_run_left_is_in_nobodys_way(guard, files, left):
    """A confirmation that was killed, and files that a power cut left empty: each run after it failed."""
    guard.arm([*map(str, files)], "true", 5)
    change(files)
    if left == "kept":
        (guard.folder / "armed").rename(guard.folder / "kept")
    else:
        for name in left.split():
            (guard.folder / name).write_text("")
    assert guard.revert() == []
    assert files[0].read_text() == "other"
    guard.arm([*map(str, files)], "true", 5)
    files[0].write_text("third")
    assert guard.revert() == [str(files[0])]
    assert files[0].read_text() == "other"


def test_a_timer_that_goes_off_while_it_is_asked_is_no_failure(guard, files):
    guard.arm([*map(str, files)], "true", 5)
    change(files)
    (guard.folder / "armed").rename(guard.folder / "reverting")
    assert guard.revert() == []
    assert files[0].read_text() == "old"
