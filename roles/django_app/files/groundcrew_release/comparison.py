"""Whether a release serves visitors clearly worse than the one before: by the share of its errors, or by its median."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

CHANCE = 1e-4
"""A difference that chance makes more often than this says nothing; it is asked for each second of a watch."""
LEAST = 20  # answers of the release, below which nothing is said
ERRORS, SHARE = 5, 0.01  # so many errors at least, and so much larger a share of all answers
TIMES, SLOWER = 2.0, 0.1  # so many times the median of before, and so many seconds more


@dataclass(frozen=True)
class Answer:
    """One answer to a visitor: its status, how many seconds the application took, and the path without its query."""

    status: int
    seconds: float
    path: str

    @property
    def bad(self) -> bool:
        """Whether it is an error of the server."""
        return self.status >= 500


def chance(bad: int, count: int, bad_before: int, count_before: int) -> float:
    """Return how likely `bad` of `count` or more are when both releases are equally good: Fisher's exact test."""
    everything, errors = count + count_before, bad + bad_before
    if not count or bad * everything <= errors * count:
        return 1.0

    def ways(total: int, chosen: int) -> float:
        return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)

    likely, whole = 0.0, ways(everything, count)
    for number in range(bad, min(errors, count) + 1):
        one = math.exp(ways(errors, number) + ways(everything - errors, count - number) - whole)
        likely += one
        if one < likely * 1e-9:
            break
    return min(1.0, likely)


def chance_of_more(number: int, count: int) -> float:
    """Return how likely `number` of `count` or more are when each is as likely as not: a sign test."""
    return 1.0 if number * 2 <= count else sum(math.comb(count, one) for one in range(number, count + 1)) / 2**count


def share(answers: Sequence[Answer]) -> float:
    """Return the share of errors."""
    return sum(answer.bad for answer in answers) / len(answers) if answers else 0.0


def limit(before: Sequence[Answer]) -> float:
    """Return the seconds that a median may not exceed; infinite when nothing is known of the release before."""
    usual = median(answer.seconds for answer in before) if len(before) >= LEAST else math.inf
    return max(usual * TIMES, usual + SLOWER)


def fails(answers: Sequence[Answer], latest: Sequence[Answer], before: Sequence[Answer]) -> bool:
    """Say whether errors are clearly more frequent than before, and still are in the `latest` of the answers."""
    bad, bad_before = sum(answer.bad for answer in answers), sum(answer.bad for answer in before)
    more = max(share(before) + SHARE, share(answers) / 2)
    if bad < ERRORS or share(answers) < share(before) + SHARE or share(latest) < more:
        return False
    return chance(bad, len(answers), bad_before, len(before)) < CHANCE


def slows(answers: Sequence[Answer], latest: Sequence[Answer], before: Sequence[Answer]) -> bool:
    """Say whether the median is clearly longer than before, and that of the `latest` as well."""
    most = limit(before)
    if median(answer.seconds for answer in latest) <= most:
        return False
    return chance_of_more(sum(answer.seconds > most for answer in answers), len(answers)) < CHANCE


def told(answers: Sequence[Answer]) -> str:
    """Return how many answers there are and how many of them are errors, such as `42 of 4,310`."""
    return f"{sum(answer.bad for answer in answers):,} of {len(answers):,}"


def wrong(release: str, answers: Sequence[Answer], latest: Sequence[Answer], before: Sequence[Answer]) -> str:
    """Return what is clearly worse of a release than of the one before, as a sentence; "" when nothing is."""
    if len(answers) < LEAST:
        return ""
    if fails(answers, latest, before):
        errors = [answer for answer in answers if answer.bad]
        statuses = Counter(answer.status for answer in errors)
        status = str(errors[0].status) if len(statuses) == 1 else "5xx"
        rest = f"{told(before)} of the one before; first: {errors[0].path}"
        return f"{told(answers)} answers of {release} were {status}, {rest}"
    if slows(answers, latest, before):
        usual, now = (median(answer.seconds for answer in one) for one in (before, answers))
        return f"the median of {len(answers):,} answers of {release} was {now:.2f} s, {usual:.2f} s of the one before"
    return ""
