"""Sets of UIDs as IMAP writes them (RFC 3501 section 9, sequence-set)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LARGEST_UID = 2**32 - 1
MOST_OCTETS = 7000
"""Leaves room for the rest of a command under the 8192 octets of RFC 7162 section 4."""


def uid_set(uids: Iterable[int]) -> str:
    """For instance [3, 4, 5, 9] → "3:5,9". Raises ValueError for none at all or a number that is no UID."""
    ordered = sorted(set(uids))
    if not ordered or not 1 <= ordered[0] <= ordered[-1] <= LARGEST_UID:
        raise ValueError("a set of UIDs holds numbers from 1 to 2**32-1, and at least one")
    runs: list[list[int]] = []
    for uid in ordered:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(a) if a == z else f"{a}:{z}" for a, z in runs)


def batches(uids: Iterable[int], most: int = 500) -> Iterator[list[int]]:
    """Ascending batches of at most `most` UIDs whose set stays under MOST_OCTETS whatever the gaps."""
    ordered = sorted(set(uids))
    most = min(most, MOST_OCTETS // len(f"{LARGEST_UID},"))
    for start in range(0, len(ordered), most):
        yield ordered[start : start + most]


def parse_uid_set(text: str) -> list[int]:
    """The UIDs of a set a server sent, in its order. Raises ValueError when it is none, or absurdly large."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        low, high = sorted((int(first), int(last or first)))
        if high - low > 1_000_000 or high > LARGEST_UID:
            raise ValueError("a set of UIDs larger than any we ask for")
        found.extend(range(low, high + 1))
    return found
