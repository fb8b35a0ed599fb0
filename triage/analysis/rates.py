"""Shares with their uncertainty, and small groups left out: five of twelve is no rate to build a judgement on."""

from __future__ import annotations

from math import sqrt

import pandas as pd

FEWEST = 10
"""A group of fewer is not shown: its rate says nothing, and may say who is in it."""
_Z = 1.959964
"""Of the normal distribution, for 95 of 100."""
_Z_EACH = 2.241403
"""The same for 97.5 of 100: what each of two intervals must hold, so that both do in 95 of 100 cases (Bonferroni)."""


def wilson(hits: int, of: int, z: float = _Z) -> tuple[float, float]:
    """The interval in which the true share lies in 95 of 100 cases (Wilson 1927); (0, 1) when there is nothing to count."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, z * z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(hits: int, of: int) -> str:
    """A share in words, with its 95 % interval; "none of none" where there is nothing to count."""
    if not of:
        return "none of none"
    low, high = wilson(hits, of)
    digits = 1 if of >= 500 and hits / of < 0.1 else 0
    return f"{hits} of {of} ({hits / of:.{digits}%}; 95 % interval {low:.{digits}%} to {high:.{digits}%})"


def rates(frame: pd.DataFrame, by: str, hit: str, *, fewest: int = FEWEST, sealed: bool = False) -> pd.DataFrame:
    """One row for each value of the column `by`: of, hits, rate, low, high of the yes/no column `hit`, with 95 % intervals.

    Groups of fewer than `fewest` keep their size and lose the rest (NaN, and `shown` is False). With `sealed`, for groups of people,
    the smallest other group loses it too where a single one is so small: it could else be worked out from what all have together.
    """
    sizes = frame.groupby(by, sort=True).size()
    hidden = set(sizes.index[sizes < fewest])
    if sealed and len(hidden) == 1 and len(sizes) > 1:
        hidden.add(sizes.drop(list(hidden)).idxmin())
    made = []
    for value, group in frame.groupby(by, sort=True):
        of, hits = len(group), int(group[hit].sum())
        low, high = wilson(hits, of)
        shown = value not in hidden
        nothing = float("nan")
        made.append(
            {by: value, "of": of, "hits": hits if shown else nothing, "rate": hits / of if shown else nothing,
             "low": low if shown else nothing, "high": high if shown else nothing, "shown": shown}
        )  # fmt: skip
    return pd.DataFrame(made, columns=[by, "of", "hits", "rate", "low", "high", "shown"]).astype({"shown": bool})


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


def without_slips(hits: int, of: int, same: int, twice: int) -> tuple[float, float]:
    """The share of a yes among verdicts that are wrong now and then: the interval in which it truly lies in 95 of 100 cases.

    `hits` of `of` verdicts say yes. How often one is wrong shows where two people judged the same thing, each without the other: they said
    the same in `same` of `twice` cases, and differ when just one of them is wrong. What is seen is then corrected for it (Rogan and
    Gladen 1978), at the ends of both intervals. Without such pairs every verdict is taken for right. What misleads both is not seen.
    """
    low, high = wilson(hits, of, _Z_EACH)
    few, many = (wilson(twice - same, twice, _Z_EACH)) if twice else (0.0, 0.0)
    if many >= 0.5:  # by chance alone they would differ as often
        return 0.0, 1.0
    slips = [(1 - sqrt(1 - 2 * differ)) / 2 for differ in (few, many)]
    ends = [(seen - slip) / (1 - 2 * slip) for seen in (low, high) for slip in slips]
    return max(0.0, min(ends)), min(1.0, max(ends))


def agreement(votes: pd.DataFrame) -> tuple[int, int, float]:
    """Of the mails on which two of us gave a verdict each, how many got the same one: same, of, and how far that goes beyond chance
    (0 chance, 1 always alike; Scott 1955; NaN where all said the same or nobody was asked twice).

    `votes`: message, by and choice, oldest first, as the table `decisions` has them; only whoever is known by a pseudonym counts, with
    the last word, and of more than two the first two.
    """
    named = votes[(votes["by"] != "") & (votes["message"] != "") & votes["choice"].isin(["agree", "dismiss"])]
    last = named.drop_duplicates(["message", "by"], keep="last")
    pairs = [tuple(group["choice"])[:2] for _, group in last.groupby("message") if len(group) > 1]
    same, of = sum(one == other for one, other in pairs), len(pairs)
    agreeing = sum(choice == "agree" for pair in pairs for choice in pair) / (2 * of) if of else 0.0
    by_chance = agreeing**2 + (1 - agreeing) ** 2
    return same, of, (same / of - by_chance) / (1 - by_chance) if of and by_chance < 1 else float("nan")
