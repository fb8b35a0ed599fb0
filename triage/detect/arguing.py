"""arguing: keeps contesting a decision that was explained (004/UD8; D19).

Contesting a decision once or twice is anyone's right. It is arguing when the reasons were given more than once, or given and called
our last word, the contact has already contested them after earlier explanations, and this mail presses on without a new fact. Whoever
replies to the letter of a restriction speaks of the restriction, which everybody may contest (004/APP), and not of that decision.
"""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.pressing import accepts, pressing, request
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign


def _contests(evidence: Evidence) -> list[Turn]:
    """The contact's earlier mails on the matter that came after an explanation and did not accept it."""
    explained = False
    found = []
    for turn in evidence.matter_history:
        if turn.by_staff and turn.act and turn.act.explains and turn.act.answer:
            explained = True
        elif not turn.by_staff and explained and not turn.automatic and not accepts(turn.message):
            found.append(turn)
    return found


def _replies_to_restriction(evidence: Evidence) -> bool:
    to = evidence.message.in_reply_to
    return any(turn.act and turn.act.restriction and turn.message.message_id == to for turn in evidence.matter_history)


def _times(count: int) -> str:
    return "once and called our last word" if count == 1 else f"{count} times"


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign on a customer's mail; evidence: every explanation, quoted, and the rounds that followed."""
    press = pressing(evidence)
    if press is None or len(press.new_facts) > 2 or _replies_to_restriction(evidence):
        return
    explained = [turn for turn in press.answers if turn.act and turn.act.explains]
    contests = _contests(evidence)
    enough = len(explained) >= evidence.thresholds.arguing_after_explanations
    settled = len(explained) >= 2 or (bool(explained) and any(turn.act.final for turn in press.answers if turn.act))
    if not (enough and contests) and not (settled and len(contests) >= 2):
        return
    quotes = [Quote(turn.message.message_id, turn.act.explains) for turn in explained if turn.act]
    yield Sign(
        kind="arguing",
        strength=0.7,
        severity="ordinary",
        quotes=(request(evidence.message), *quotes[-3:]),
        reason=f"Contests again a decision that was explained {_times(len(explained))}, after {len(contests)} earlier rounds and without a new fact.",
        earlier=tuple(turn.message.message_id for turn in press.answers),
        number="arguing_after_explanations" if enough and contests else "",
    )
