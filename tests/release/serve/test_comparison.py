"""When a release is called clearly worse than the one before, and when it is not."""

import math

import pytest
from groundcrew_release import comparison
from groundcrew_release.comparison import Answer


def answers(good, bad=0, seconds=0.05, status=500):
    """Return so many good answers and bad ones, mixed."""
    step = (good + bad) / bad if bad else 0
    worse = {int(number * step) for number in range(bad)}
    total = range(good + bad)
    return [Answer(status if one in worse else 200, seconds, "/checkout/" if one in worse else "/") for one in total]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # (bad, count, bad before, count before), by scipy.stats.fisher_exact(..., alternative="greater").
        ((3, 4, 1, 4), 0.242857),
        ((8, 10, 2, 10), 0.011507),
        ((5, 20, 0, 4000), 1.6e-12),
        ((42, 310, 0, 4000), 1e-45),
        ((0, 10, 0, 10), 1.0),
        ((2, 20, 2, 20), 1.0),
        ((5, 5, 0, 0), 1.0),
        ((0, 0, 5, 5), 1.0),
    ],
)
def test_chance(table, expected):
    found = comparison.chance(*table)
    assert math.isclose(found, expected, rel_tol=1e-3) or (expected < 1e-9 and found < 1e-9)


def test_chance_of_many_answers_is_found_soon():
    assert comparison.chance(30_000, 150_000, 0, 50_000) < 1e-9
    assert comparison.chance(1_000, 150_000, 300, 50_000) > 0.01


@pytest.mark.parametrize(
    ("now", "before", "worse"),
    [
        # One path in five.
        (answers(268, 42), answers(4000), True),
        (answers(16, 4), answers(4000), False),  # fewer than five errors
        (answers(15, 5), answers(4000), True),
        (answers(0, 10), answers(4000), False),  # ten requests in all
        (answers(0, 19), answers(4000), False),
        (answers(0, 20), answers(4000), True),
        (answers(80, 20), answers(10), False),  # too little is known of before
        (answers(80, 20), [], False),
        (answers(80, 20), answers(800, 200), False),  # it was no better
        (answers(70, 30), answers(800, 200), False),  # it may be chance
        (answers(400, 200), answers(800, 200), True),
        (answers(9991, 9), answers(50_000), False),  # rare, though surely more than before
        (answers(260, 42, status=404), answers(4000), False),
    ],
)
def test_errors(now, before, worse):
    assert bool(comparison.wrong("abc123", now, now[-100:], before)) is worse


def test_errors_that_have_ended():
    now = answers(0, 60) + answers(240)
    assert comparison.wrong("abc123", now, now[:60], answers(4000))
    assert comparison.wrong("abc123", now, now[-100:], answers(4000)) == ""


@pytest.mark.parametrize(
    ("now", "before", "worse"),
    [
        (answers(60, seconds=1.9), answers(4000, seconds=0.08), True),
        (answers(60, seconds=0.17), answers(4000, seconds=0.08), False),  # twice, but nobody notices
        (answers(60, seconds=0.19), answers(4000, seconds=0.08), True),
        (answers(60, seconds=2.9), answers(4000, seconds=1.5), False),  # not twice
        (answers(60, seconds=1.9), answers(19, seconds=0.08), False),
        (answers(10, seconds=1.9), answers(4000, seconds=0.08), False),
        (answers(30) + answers(31, seconds=1.9), answers(4000, seconds=0.08), False),  # chance
        (answers(20) + answers(60, seconds=1.9), answers(4000, seconds=0.08), True),
        (answers(60, seconds=1.9) + answers(100), answers(4000, seconds=0.08), False),  # a slow start
    ],
)
def test_median(now, before, worse):
    assert bool(comparison.wrong("abc123", now, now[-40:], before)) is worse


def test_sentences():
    wrong = comparison.wrong
    before = answers(4000, seconds=0.08)
    now = answers(268, 42)
    told = "42 of 310 answers of abc123 were 500, 0 of 4,000 of the one before; first: /checkout/"
    assert wrong("abc123", now, now, before) == told
    now = answers(200, 40) + answers(0, 2, status=502)
    assert "42 of 242 answers of abc123 were 5xx, " in wrong("abc123", now, now, before)
    now = answers(60, seconds=1.92)
    assert wrong("abc123", now, now, before) == (
        "the median of 60 answers of abc123 was 1.92 s, 0.08 s of the one before"
    )
