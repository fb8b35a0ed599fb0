"""What our own staff did in one mail: answered, promised, asked, handed over, warned, restricted, lifted (fills `StaffAct`).

    message → sentences and their clauses → notices (warning, stop, restriction, lifted, appeal)
                                          → pointers (promise, asks, hand-over, way up, reason, final)
                                          → answering (does it deal with what was asked?)
                                          → learned (what the trained model adds, and where it doubts)

Everything is quoted from the mail's own words; what stands in a quotation below is never ours to count. Whether it answers is
decided last, because a letter that hands over, puts off or warns must say more to be an answer (004/SG1; practice, T1 and T2).
The phrases are data: rules/phrases/staff-*.toml.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from triage import answer_model
from triage.answer import StaffAct
from triage.answer_lines import Line
from triage.answer_model import Whole
from triage.message import Message
from triage.staff_reading import answering, learned, notices, pointers, sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_OPEN = 8
"""As many of the customer's latest unanswered mails as are read for what was asked."""


def read(message: Message, before: Sequence[tuple[Message, bool]]) -> StaffAct:
    """What a staff mail does.

    `before`: the earlier messages with this contact, oldest first, each with whether staff wrote it. Due dates and ends of
    restrictions are the last second of their day in UTC. A machine's mail does nothing at all.
    """
    if message.automatic:
        return StaffAct(no_answer_because="an automatic reply")
    return _with_model(message.own, by_rules(message, before))


@dataclass(frozen=True, slots=True)
class Reading:
    """A letter as the rules read it; what the model is then shown."""

    alone: Alone
    found: answering.Answering
    open_request: answering.Request

    @property
    def act(self) -> StaffAct:
        found, told, points = self.found, self.alone.told, self.alone.points
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

    @property
    def lines(self) -> list[Line]:
        return learned.lines(self.alone.parts, self.found, self.open_request, self.alone.told, self.alone.points)

    @property
    def whole(self) -> Whole:
        return learned.whole(
            self.found, self.open_request, notices=self.alone.told.any, elsewhere=bool(self.alone.points.handover_to)
        )


def by_rules(message: Message, before: Sequence[tuple[Message, bool]]) -> Reading:
    """The same as `read`, by the rules alone."""
    alone = _alone(message)
    told, points = alone.told, alone.points
    open_request = _open_request(before)
    warns = bool(told.warning or told.restriction or told.lifted or told.appeal_decided)
    found = answering.judge(
        message.own,
        alone.parts,
        open_request,
        notices=warns,
        restrains=told.any,
        handed_over=points.hands_over,
        adjusted=points.adjustment_agreed,
    )
    return Reading(alone, found, open_request)


def _with_model(text: str, reading: Reading) -> StaffAct:
    act, found, parts = reading.act, reading.found, reading.alone.parts
    judge = answer_model.loaded()
    if judge is None or reading.alone.of_words is None or found.certain:
        return act
    heard = judge.hear(reading.alone.of_words, reading.lines, reading.whole)
    answer, because = learned.answer(text, heard, parts, found, judge.thresholds)
    more = {name: learned.stands_out(heard, parts, name, judge.thresholds) for name in ("explains", "offer", "final")}
    return replace(
        act,
        answer=answer,
        no_answer_because=because,
        explains=(reading.alone.points.explains or more["explains"]) if answer else "",
        final=act.final or (more["final"] if answer else ""),
        alternative=act.alternative or more["offer"],
    )


def closes(message: Message) -> tuple[bool, str]:
    """Whether a mail of ours asks not to be written to any more or restricts that, and what a restriction limits itself to ("the
    refund of the pass"); "" when that is everything or nothing."""
    if message.automatic:
        return False, ""
    told = _alone(message).told
    return bool(told.stop or told.restriction), told.restriction.subject if told.restriction else ""


@dataclass(frozen=True, slots=True)
class Alone:
    """What a letter says whatever came before it."""

    parts: tuple[sentences.Sentence, ...]
    told: notices.Notices
    points: pointers.Pointers
    of_words: NDArray[np.float64] | None


@lru_cache(maxsize=512)
def _alone(message: Message) -> Alone:
    """Kept for the other contacts that the letter went to, and for the next pass."""
    parts = sentences.read(message.own)
    return Alone(parts, notices.judge(parts, message.sent_at), pointers.judge(message, parts), learned.words_alone(parts))


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
