"""repeat: the same matter again after it was considered and dealt with (004/UD5; D12).

Looked at in this order: was the matter answered often enough (the pack's number), or closed and pressed on once already; is nothing
that staff promised still outstanding; does the mail ask for the same again. New facts are named and make the finding unsure,
because they may reopen the matter. Persistence that our own silence caused is never a repeat (S03).
"""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.pressing import accepts, pressing, request
from triage.evidence import Evidence
from triage.finding import Quote, Sign

ALIKE = 0.25


def _pressed_after_closing(evidence: Evidence) -> bool:
    """Whether staff called the matter closed and the contact has written about it since, before this mail."""
    closed = False
    for turn in evidence.matter_history:
        if turn.by_staff:
            closed = closed or bool(turn.act and (turn.act.final or turn.act.stop))
        elif closed and not turn.automatic and not accepts(turn.message):
            return True
    return False


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign on a customer's mail; evidence: the answers, quoted, and how alike the request is."""
    press = pressing(evidence)
    if press is None or press.alike < ALIKE:
        return
    often = len(press.answers) >= evidence.thresholds.repeat_after_answers
    if not often and not _pressed_after_closing(evidence):
        return
    last = press.answers[-1]
    assert last.act is not None
    quotes = [Quote(turn.message.message_id, turn.act.answer) for turn in press.answers[-2:] if turn.act]
    news = f" New in this mail: {', '.join(press.new_facts[:5])}; check whether it reopens the matter." if press.new_facts else ""
    yield Sign(
        kind="repeat",
        strength=0.6 if len(press.new_facts) > 2 else 0.8,
        severity="ordinary",
        quotes=(request(evidence.message), *quotes),
        reason=f"Asks again about a matter answered {len(press.answers)} times, last on {last.message.sent_at:%Y-%m-%d}; "
        f"{press.alike:.0%} of its words stand in the earlier mails.{news}",
        earlier=tuple(turn.message.message_id for turn in press.answers),
        number="repeat_after_answers" if often else "",
    )
