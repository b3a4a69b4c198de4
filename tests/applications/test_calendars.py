"""Times of systemd, held against systemd itself where it is."""

import shutil
import subprocess

import pytest
from applications import calendars, dates

RIGHT = """
    daily | Mon | Mon..Fri | Mon,Wed 10:00 | *-*-* 04:00:00 | 4:00 | 04:00:00 Europe/Berlin | *:0/15 | 0/2:00
    *-*-1..7 | *-*~1 | *-*-1,15 3:00 | Mon *-*-1..7 04:00 | 2026-01-02 03:04:05 UTC | hourly UTC | *-*-* 00/6:00
    quarterly | 10-15 | 00:00,12:00 | wed-Sat,tue 12-10-15 1:2:3 | 05:40:23.4200004/3.1700005
    *:10/49 | *:*:0/0.5 | *:0..10/20 | *-*-5..5 | *-*~3/2 | Sat..Sun | 2020-*-* 4:00
"""
WRONG = """
    4am | every day | 0 4 * * * | @daily | 25:00 | 24:00 | 10:61 | *-13-01 | *-*-32 | 04:00 Europe/Berln
    Mo 3:00 | Mon.. | *-*-*T | 5min | 4 | *-*-* 4 | 00/15 | Monday Tuesday
    *:0/90 | *-*-* 0/36:00 | *:0/0 | 17..8:00 | *:10/50 | *-*-31/1 | *-*~29 | 2030/0-1-1 | 3000-1-1 | *:*/15 | *,5:00
    1.5:00 | *-1.5-1 | Fri..Mon
"""
CASES = [
    (text.strip(), right)
    for texts, right in ((RIGHT, True), (WRONG, False))
    for text in texts.replace("\n", "|").split("|")
    if text.strip()
]


@pytest.mark.parametrize(("text", "right"), CASES)
def test_a_time(text, right):
    assert calendars.is_right(text) is right


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not on this machine")
@pytest.mark.parametrize(("text", "right"), CASES)
def test_systemd_agrees(text, right):
    asked = subprocess.run(["systemd-analyze", "calendar", text], capture_output=True, check=False)
    assert (asked.returncode == 0) is right


@pytest.mark.parametrize(
    ("text", "comes"),
    [
        ("daily", True),
        ("Mon *-02-29", True),
        ("2020/1-1-1", True),
        ("99..30-1-1", True),
        ("2100-2..3-29", True),
        ("*-02~28", True),
        ("@4000000000", True),
        ("2020-01-01 04:00", False),
        ("*-02-30 04:00", False),
        ("*-2,4-31", False),
        ("2027-02-29", False),
        ("Mon 2027-01-01", False),
        ("99-1-1", False),
        ("@5", False),
    ],
)
def test_a_calendar_that_comes_again(text, comes):
    assert dates.comes(text) is comes
    if shutil.which("systemd-analyze"):
        asked = subprocess.run(["systemd-analyze", "calendar", text], capture_output=True, text=True, check=False)
        assert ("never" not in asked.stdout) is comes
