"""What our side had said and done on the matter before this mail came: the ground every demand is judged on.

A first asking is innocent and so is chasing what we left undone, so each demand detector asks here before it speaks.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache

from triage.detect.plain import fold
from triage.evidence import Evidence, Turn

_REFUSAL = re.compile(
    r"\b(?:can ?not|cant|unable to|not able to|not possible|impossible|wont|will not|do not offer|dont offer|does not offer|not part of|not included"
    r"|not refundable|not something we|outside (?:the|our|what)|no longer (?:offer|possible)|not covered|isnt (?:refundable|possible|covered|included|something)"
    r"|is not (?:refundable|possible|covered|included|available)|arent able|stays? (?:no|as it is|on)|same answer|answer has to stay|it stays|the answer (?:is|stays|remains) no|must refuse|have to refuse|declined?"
    r"|binding|ended on|has ended|stands|not be (?:refunding|changing|able)|may not|nobody here can|no one here can|not allowed|against the (?:law|rules))\b"
)
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "sir",
        "madam",
        "team",
        "support",
        "care",
        "customer",
        "services",
        "office",
        "hello",
        "info",
        "enquiries",
        "help",
        "desk",
    ]
)
_NAME = re.compile(r"[^\W\d_]{3,}")
_ASKED = re.compile(
    r"\?|\b(?:please|could you|can you|we need|i need|let (?:us|me) know|fill in|send (?:us|me)|tell (?:us|me)|form|stage one|complaints? (?:process|procedure|team|form))\b"
)


def staff_turns(evidence: Evidence) -> tuple[Turn, ...]:
    """Mails that our people wrote on this matter before, oldest first; automatic replies are nobody's words."""
    return tuple(turn for turn in evidence.matter_history if turn.by_staff and not turn.automatic and not turn.message.automatic)


def refusals(evidence: Evidence) -> tuple[Turn, ...]:
    """The staff mails on this matter that said no, or explained why not (policy 004/UD2, UD4)."""
    return tuple(turn for turn in staff_turns(evidence) if _refuses(turn))


def _refuses(turn: Turn) -> bool:
    act = turn.act
    if act is not None and (act.explains or act.final):
        return True
    words = act.answer if act is not None and act.answer else turn.message.own
    return _says_no(words)


@lru_cache(maxsize=4096)
def _says_no(words: str) -> bool:  # this and what follows is kept, because every later mail of the matter asks it again
    return _REFUSAL.search(fold(words).text) is not None


@lru_cache(maxsize=4096)
def _says_what_to_do(own: str) -> bool:
    return _ASKED.search(fold(own).text) is not None


@lru_cache(maxsize=4096)
def _names_in(name: str, local: str) -> frozenset[str]:
    return frozenset(_NAME.findall(fold(name).text) + _NAME.findall(local))


def answers(evidence: Evidence) -> tuple[Turn, ...]:
    """The staff mails that dealt with the matter."""
    return tuple(turn for turn in staff_turns(evidence) if turn.act and turn.act.answer)


def requests(evidence: Evidence) -> tuple[Turn, ...]:
    """The staff mails that asked the sender for something or showed a way to complain (policy 002/B7, 004/UD10)."""
    return tuple(
        turn
        for turn in staff_turns(evidence)
        if (turn.act and (turn.act.asks or turn.act.escalation)) or _says_what_to_do(turn.message.own)
    )


def staff_names(evidence: Evidence) -> frozenset[str]:
    """Words by which our people may be called, lower case: from the directory and from those who wrote to this contact."""
    names = {name for name in evidence.directory.names if len(name) > 2}
    for turn in evidence.history:
        if turn.by_staff:
            names |= _names_in(turn.message.sender.name, turn.message.sender.email.partition("@")[0])
    for address in evidence.directory.staff:
        names.update(_NAME.findall(address.partition("@")[0]))
    return frozenset(names - _TITLES)


def waiting(evidence: Evidence) -> timedelta:
    """How long the sender had been without an answer of ours when this mail came; zero for the first mail after one.

    Acknowledgements, promises and automatic replies do not end the wait (practice, traps T1 and T2).
    """
    since = None
    for turn in evidence.matter_history:
        if not turn.by_staff:
            since = since or turn.message.sent_at
        elif turn.act and turn.act.answer:
            since = None
    return evidence.now - since if since else timedelta(0)


def overdue(evidence: Evidence) -> bool:
    """Whether it is we who are late: longer than the service standard (else five days) without an answer, or a promise not kept."""
    if waiting(evidence) > (evidence.service_standard or timedelta(days=5)):
        return True
    turns = staff_turns(evidence)
    last = turns[-1].act if turns else None
    return bool(last and last.promise and last.promise_due and last.promise_due < evidence.now)


def promised_standard(evidence: Evidence) -> timedelta | None:
    """How soon a reply is promised: by the settings, else by what our own mails told this contact ("within two working days")."""
    if evidence.service_standard is not None:
        return evidence.service_standard
    told = (_standard_in(turn.message.own) for turn in reversed(evidence.history) if turn.by_staff)
    return next((each for each in told if each is not None), None)


@lru_cache(maxsize=4096)
def _standard_in(own: str) -> timedelta | None:
    found = _STANDARD.search(fold(own).text)
    if found is None:
        return None
    count = _COUNT.get(found.group(1), 0) or (int(found.group(1)) if found.group(1).isdigit() else 1)
    return timedelta(hours=count) if found.group(2).startswith("hour") else timedelta(days=count)


_COUNT = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "ten": 10, "a": 1}
_STANDARD = re.compile(
    r"(?:answer|reply|replies|respond|response|come|messages|emails?)[^.\n]{0,60}?\b(?:within|in) (one|two|three|four|five|seven|ten|a|\d{1,3}) (?:working |business )?(days?|hours?)"
)
