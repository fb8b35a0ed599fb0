"""Shares with their uncertainty, and small groups left out: five of twelve is no rate to build a judgement on."""

from __future__ import annotations

from math import sqrt

import pandas as pd

FEWEST = 10
"""A group of fewer is not shown: its rate says nothing, and may say who is in it."""
_Z = 1.959964
"""Of the normal distribution, for 95 of 100."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval in which the true share lies in 95 of 100 cases (Wilson 1927); (0, 1) when there is nothing to count."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def rates(frame: pd.DataFrame, by: str, hit: str, *, fewest: int = FEWEST) -> pd.DataFrame:
    """One row for each value of the column `by`: of, hits, rate, low, high of the yes/no column `hit`, with 95 % intervals.

    Groups of fewer than `fewest` keep their size and lose the rest (NaN, and `shown` is False).
    """
    made = []
    for value, group in frame.groupby(by, sort=True):
        of, hits = len(group), int(group[hit].sum())
        low, high = wilson(hits, of)
        shown = of >= fewest
        nothing = float("nan")
        made.append(
            {by: value, "of": of, "hits": hits if shown else nothing, "rate": hits / of if shown else nothing,
             "low": low if shown else nothing, "high": high if shown else nothing, "shown": shown}
        )  # fmt: skip
    return pd.DataFrame(made, columns=[by, "of", "hits", "rate", "low", "high", "shown"])


def whole_months(times: pd.Series) -> list[str]:
    """The months (as 2025-03) from the first to the last of these times; a first or last month of which less than three weeks
    are covered is left out, so that it is not taken for a quiet one."""
    first, last = times.min().tz_localize(None), times.max().tz_localize(None)
    months = list(pd.period_range(first, last, freq="M"))
    if months and first.day > 10:
        months = months[1:]
    if months and last.day < 21 and months[-1] == last.to_period("M"):
        months = months[:-1]
    return [str(one) for one in months]


def difference(hits: int, of: int, other_hits: int, other_of: int) -> tuple[float, float, float]:
    """How much higher the first share is than the second, with its 95 % interval (Newcombe 1998, method 10)."""
    if not of or not other_of:
        return float("nan"), -1.0, 1.0
    one, other = hits / of, other_hits / other_of
    low, high = wilson(hits, of)
    other_low, other_high = wilson(other_hits, other_of)
    gap = one - other
    return gap, gap - sqrt((one - low) ** 2 + (other_high - other) ** 2), gap + sqrt((high - one) ** 2 + (other - other_low) ** 2)
