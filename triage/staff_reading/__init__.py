"""What our own staff did in one mail: answered, promised, asked, handed over, warned, restricted, lifted (fills `StaffAct`).

    message → sentences and their clauses → notices (warning, stop, restriction, lifted, appeal)
                                          → pointers (promise, asks, hand-over, way up, reason, final)
                                          → answering (does it deal with what was asked?)

Everything is quoted from the mail's own words; what stands in a quotation below is never ours to count. Whether it answers is
decided last, because a letter that hands over, puts off or warns must say more to be an answer (004/SG1; practice, T1 and T2).
The phrases are data: rules/phrases/staff-*.toml.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from triage.answer import StaffAct
from triage.message import Message
from triage.staff_reading import answering, notices, pointers, sentences

_MOST_OPEN = 8
"""As many of the customer's latest unanswered mails as are read for what was asked."""


def read(message: Message, before: Sequence[tuple[Message, bool]]) -> StaffAct:
    """What a staff mail does.

    `before`: the earlier messages with this contact, oldest first, each with whether staff wrote it. Due dates and ends of
    restrictions are the last second of their day in UTC. A machine's mail does nothing at all.
    """
    if message.automatic:
        return StaffAct(no_answer_because="an automatic reply")
    parts, told, points = _alone(message)
    open_request = _open_request(before)
    warns = bool(told.warning or told.restriction or told.lifted or told.appeal_decided)
    found = answering.judge(
        message.own, parts, open_request, notices=warns, handed_over=points.hands_over, adjusted=points.adjustment_agreed
    )
    return StaffAct(
        answer=found.answer,
        no_answer_because=found.no_answer_because,
        explains=points.explains if found.answer else "",
        final=points.final,
        promise=points.promise,
        promise_due=points.promise_due,
        asks=points.asks,
        alternative=points.alternative,
        handover_to=points.handover_to,
        escalation=points.escalation,
        warning=told.warning,
        stop=told.stop,
        restriction=told.restriction,
        lifted=told.lifted,
        appeal_decided=told.appeal_decided,
        adjustment_agreed=points.adjustment_agreed,
    )


def closes(message: Message) -> tuple[bool, str]:
    """Whether a mail of ours asks not to be written to any more or restricts that, and what a restriction limits itself to ("the
    refund of the pass"); "" when that is everything or nothing."""
    if message.automatic:
        return False, ""
    _, told, _ = _alone(message)
    return bool(told.stop or told.restriction), told.restriction.subject if told.restriction else ""


@lru_cache(maxsize=512)
def _alone(message: Message) -> tuple[tuple[sentences.Sentence, ...], notices.Notices, pointers.Pointers]:
    """What a letter says whatever came before it; kept for the other contacts that it went to, and for the next pass."""
    parts = sentences.read(message.own)
    return parts, notices.judge(parts, message.sent_at), pointers.judge(message, parts)


def _open_request(before: Sequence[tuple[Message, bool]]) -> answering.Request:
    """What the customer wrote since staff last wrote; before that too, when they had written nothing since."""
    since: list[Message] = []
    for message, by_staff in reversed(before[-40:]):
        if by_staff and since and not message.automatic:
            break
        if not by_staff:
            since.append(message)
        if len(since) >= _MOST_OPEN:
            break
    return answering.together(answering.request(f"{one.subject}\n{one.own[: sentences.LONGEST]}") for one in since)
