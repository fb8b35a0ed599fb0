"""volume: excessive volume or frequency on one matter (002/B3, 004/UD12a; D13), against the pack's numbers.

Our own part comes first (trap T1): where the matter was never answered, only a burst before anybody could have answered
counts, and mails that chase an answer we owe are left out. Mails we asked for (one photo a mail) are left out too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from triage.detect.pressing import answers_before
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign

BURST = timedelta(days=2)


def _unasked(evidence: Evidence) -> list[Turn]:
    """The contact's mails on the matter that nobody asked for, oldest first, this one not among them."""
    found: list[Turn] = []
    asked = False
    for turn in evidence.matter_history:
        if turn.by_staff:
            asked = bool(turn.act and turn.act.asks) if not turn.automatic else asked
        elif not turn.automatic and not (asked and (turn.message.attachments or _brief(turn.message.own))):
            found.append(turn)
    return found


@lru_cache(maxsize=4096)
def _brief(own: str) -> bool:  # kept, because every later mail of the matter asks it again
    return len(own.split()) < 25


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign on a customer's mail; evidence: the count, the window and its first and last mail, the number of the pack."""
    limits, now = evidence.thresholds, evidence.now
    mails = _unasked(evidence)
    last_staff = next((turn for turn in reversed(evidence.matter_history) if turn.by_staff and not turn.automatic), None)
    if last_staff and last_staff.act and last_staff.act.asks and evidence.message.attachments:
        return
    day = [turn for turn in mails if now - turn.message.sent_at <= limits.volume_window]
    two_days = [turn for turn in mails if now - turn.message.sent_at <= 2 * limits.volume_window]
    week = [turn for turn in mails if now - turn.message.sent_at <= timedelta(days=7)]
    answered = bool(answers_before(evidence))
    factor = 1 if answered else 2
    if not answered and (not mails or now - mails[0].message.sent_at > BURST):
        return
    if len(day) + 1 >= limits.volume_messages * factor:
        window, counted, number, key = "24 hours", day, limits.volume_messages * factor, "volume_messages"
    elif answered and len(two_days) + 1 >= limits.volume_two_days:
        window, counted, number, key = "48 hours", two_days, limits.volume_two_days, "volume_two_days"
    elif answered and len(week) + 1 >= limits.volume_week:
        window, counted, number, key = "7 days", week, limits.volume_week, "volume_week"
    else:
        return
    yield Sign(
        kind="volume",
        strength=0.8 if answered else 0.6,
        severity="ordinary",
        quotes=(Quote(counted[0].message.message_id, f"from {counted[0].message.sent_at:%Y-%m-%d %H:%M}"),),
        reason=f"{len(counted) + 1} mails on this matter within {window} ({counted[0].message.sent_at:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M}); "
        f"the pack's number is {number}. " + ("The matter had been answered." if answered else "Nobody could have answered yet."),
        earlier=(*(turn.message.message_id for turn in (*counted, *answers_before(evidence))), evidence.message.message_id),
        number=key,
    )
