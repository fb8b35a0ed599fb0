"""staff_shopping: the same request taken to a further member of staff after it was answered (004/UD7; D14).

Needed, in this order: the matter was answered; this mail goes to a person of ours who had no part in it, by the sender's own
choice; it asks for the same; and it is at least the third person, or the second answer was already given, or it goes on as if
there had been no answer at all. Hand-overs,
absences, copies, a manager or complaints route, and mails that openly go to those who answered are none (trap T8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from triage.detect.pressing import answers_before, outstanding, request
from triage.evidence import Evidence, Turn
from triage.finding import Quote, Sign
from triage.terms import fold, overlap, words

_ESCALATES = re.compile(
    r"\b(?:complain(?:t|ts|ing)?|manager|supervisor|director|chief executive|ceo|head of|team lead(?:er)?|escalat\w*|ombudsman|appeal|review (?:of|this|your)|stage (?:one|two|1|2)|senior)\b",
    re.IGNORECASE,
)
_SENT_ON = re.compile(
    r"\b(?<!be )(?:told|asked|said|advised|suggested|referred|directed|passed|sent)\b[^.?!\n]{0,40}\b(?:me|you|your way)\b|\b(?:is|are|was) (?:away|off|on leave|out of (?:the )?office|ill|sick)\b|\bno longer works?\b",
    re.IGNORECASE,
)
_RANK = re.compile(
    r"\b(?:manager|director|chief|head of|broker in charge|team lead(?:er)?|supervisor|senior|owner|partner|principal)\b",
    re.IGNORECASE,
)


def _parties(history: tuple[Turn, ...], evidence: Evidence) -> set[str]:
    """Our people who already had a part in the matter: wrote in it, or were named as the one to turn to."""
    found: set[str] = set()
    for turn in history:
        if turn.by_staff:
            found.add(turn.message.sender.email)
            found |= {name.lower() for name in (turn.act.handover_to if turn.act else ())}
    return found


def _knows(person: str, names: set[str]) -> bool:
    """Whether an address or name in `names` is this person ("bob.tan@…" is meant by "Bob Tan")."""
    local = fold(person.partition("@")[0])
    return any(
        person == name or fold(name).replace(" ", ".") == local or ("@" not in name and fold(name).split()[0] in local.split("."))
        for name in names
        if name
    )


def _ranks_above(person: str, evidence: Evidence) -> bool:
    """Whether this person's own mails give a senior post under the name: turning to them is escalation, not shopping."""
    return any(
        turn.by_staff and turn.message.sender.email == person and _RANK.search("\n".join(turn.message.own.splitlines()[-4:]))
        for turn in evidence.history
    )


_SAME = 0.5
_MANY = 3
_KNOWN = re.compile(
    r"\b(?:already|again|still|before|last (?:week|month|time)|earlier|previous(?:ly)?|second (?:opinion|look)|answer(?:ed)?|repl(?:y|ied)|refus\w*|turned (?:me )?down"
    r"|(?:said|says|told|wrote|tells)|disagree|your colleague|my (?:last|first|earlier) (?:mail|email|message))\b",
    re.IGNORECASE,
)


def _as_if_unasked(evidence: Evidence, answers: tuple[Turn, ...]) -> bool:
    """Whether a mail asks a second person as if nobody had answered: it names neither the answer nor whoever gave it. To ask somebody
    else openly what one was told is anyone's right."""
    given = {part for turn in answers for part in re.findall(r"[^\W\d_]{3,}", fold(turn.message.sender.name))}
    own = evidence.message.own
    return (
        not _KNOWN.search(own)
        and not given & set(re.findall(r"[^\W\d_]{3,}", fold(own)))
        and "re:" not in evidence.message.subject.lower()
    )


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign on a customer's mail; evidence: the answers given before, by whom and when, and the further person."""
    message, answers = evidence.message, answers_before(evidence)
    people = [address.email for address in message.to if evidence.directory.is_person(address.email)]
    if not answers or not people or outstanding(evidence):
        return
    parties = _parties(evidence.matter_history, evidence)
    handed = {to for at, to in evidence.handed_over if at <= evidence.now}  # we ourselves sent them there
    new = [person for person in people if not _knows(person, parties) and person not in handed]
    answerers = {turn.message.sender.email for turn in answers}
    if not new or answerers & {address.email for address in (*message.to, *message.cc)}:
        return
    asked_before = {
        address.email
        for turn in evidence.matter_history
        if not turn.by_staff
        for address in turn.message.to
        if evidence.directory.is_person(address.email)
    }
    few = len(answers) < 2 and len(asked_before | answerers | set(new)) < _MANY
    if few and not (asked_before & answerers and _as_if_unasked(evidence, answers)):
        return
    everybody = asked_before | answerers
    if (
        # an excuse that no mail of ours bears out is taken once, and not when it brings a fourth person in
        (_SENT_ON.search(message.own) and len(everybody) < _MANY)
        or _ESCALATES.search(f"{message.subject}\n{message.own}")
        or any(_ranks_above(p, evidence) for p in new)
    ):
        return
    earlier = words("\n".join(f"{t.message.subject}\n{t.message.own}" for t in evidence.matter_history if not t.by_staff))
    alike = overlap(words(f"{message.subject}\n{message.own}"), earlier)
    if alike < (_SAME if few else 0.2):
        return
    table = "; ".join(f"{turn.message.sent_at:%Y-%m-%d} answered by {turn.message.sender.email}" for turn in answers)
    yield Sign(
        kind="staff_shopping",
        strength=0.6 if few else 0.8,
        severity="ordinary",
        quotes=(request(message), *(Quote(turn.message.message_id, turn.act.answer) for turn in answers if turn.act)),
        reason=f"Takes the same request ({alike:.0%} alike) to {', '.join(new)} after it was answered: {table}.",
        earlier=tuple(turn.message.message_id for turn in answers),
    )
