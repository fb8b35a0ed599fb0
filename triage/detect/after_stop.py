"""after_stop: contact after being asked not to write (004/UD6; D15), on the matter the request was about.

The stop request, or the restriction in force, is quoted and dated. A mail after the end of a restriction, on another matter,
or one that only accepts the request is none.
"""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.pressing import accepts, request
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign


def _stops(turn: Turn, evidence: Evidence) -> bool:
    if turn.act is None:
        return False
    if (notice := turn.act.restriction) is not None:
        silenced = notice.kind in ("no-reply", "limited-subjects")  # whoever may write in one way still was not asked to stop
        return silenced and notice.start <= evidence.now and (notice.until is None or evidence.now <= notice.until)
    return bool(turn.act.stop)


def _was_written_to(evidence: Evidence, stop: Turn) -> bool:
    """Whether the mail answers one of ours that came after the last request to stop and asks nothing of the kind: whom we write to
    may answer."""
    message = evidence.message
    return any(
        turn.by_staff
        and not turn.automatic
        and turn.message.message_id == message.in_reply_to
        and turn.message.sent_at > stop.message.sent_at
        and not (turn.act and (turn.act.stop or turn.act.warning or turn.act.restriction or turn.act.final))
        for turn in evidence.matter_history
    )


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign on a customer's mail; evidence: the words and date of every request to stop that was in force."""
    turns = [turn for turn in evidence.matter_history if turn.by_staff and turn.act]
    asked: list[Turn] = []
    for turn in turns:
        if _stops(turn, evidence):
            asked.append(turn)
        elif turn.act and (turn.act.lifted or turn.act.asks):
            asked = []  # whoever asks the customer for something has opened the door again
    if not asked or accepts(evidence.message) or _was_written_to(evidence, asked[-1]):
        return
    first = asked[0]
    quotes = []
    for turn in asked:
        assert turn.act is not None
        words = turn.act.restriction.words if turn.act.restriction else turn.act.stop
        quotes.append(Quote(turn.message.message_id, words))
    yield Sign(
        kind="after_stop",
        strength=0.9,
        severity="ordinary",
        quotes=(request(evidence.message), *quotes),
        reason=f"Wrote about this matter again after being asked on {first.message.sent_at:%Y-%m-%d} not to.",
        earlier=tuple(turn.message.message_id for turn in asked),
    )
