"""What staff told us by a positive act: moving a note or a mail to Triage/Agree or Triage/Dismiss, putting a verdict label on either, or
answering the note; moving a judged note back to Triage/Review takes the verdict back.

Only a positive act is a verdict. A vanished, archived, starred, read, junked or un-labelled mail says nothing.

Who counts: a later act by hand takes the place of all before it, as whoever moves a note sees what was said. Of those who answered by
mail each has one voice, the last; a voice with the role to decide the step goes before one without. Where voices of one rank differ
nothing is settled, and until it is, the milder reading holds: what somebody dismissed is held against nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Choice = Literal["agree", "dismiss", "open"]
"""open: a verdict taken back."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict, as the journal keeps it."""

    at: datetime
    """When the program saw it, in UTC."""
    by: str
    """The mailbox in which it was given, as IMAP does not say which colleague moved a mail; or, where one of us answered the note,
    the address of who did."""
    choice: Choice
    proposal: str
    """The id of the proposal whose note was judged; "" when a mail itself was."""
    keys: frozenset[str]
    """The messages it is about: those the proposal rested on, or the mail that was moved."""
    answer: str = ""
    """Message-ID of the mail that gave it, where somebody answered the note; the reason stands there."""

    decides: bool = False
    """Whether whoever answered had the role that decides the step, by the settings of that day."""

    kinds: frozenset[str] = frozenset()
    """The kinds of what was found on these mails when it was given."""

    @property
    def by_answer(self) -> bool:
        return bool(self.answer)

    def words(self) -> str:
        done = {"dismiss": "dismissed", "agree": "agreed to", "open": "opened again"}[self.choice]
        return f"{done} {'by' if self.by_answer else 'in'} {self.by} on {self.at:%Y-%m-%d}"

    def subject(self) -> dict[str, Any]:
        """The form in which the journal keeps it."""
        said: dict[str, Any] = {"choice": self.choice, "proposal": self.proposal, "keys": sorted(self.keys)}
        said |= {"answer": self.answer} if self.answer else {}
        said |= {"decides": True} if self.decides else {}
        return said | ({"kinds": sorted(self.kinds)} if self.kinds else {})

    @staticmethod
    def read(at: datetime, actor: str, subject: Mapping[str, Any]) -> Verdict:
        """The reverse of `subject`."""
        keys, answer = frozenset(subject["keys"]), subject.get("answer", "")
        decides, kinds = subject.get("decides", False), frozenset(subject.get("kinds", ()))
        return Verdict(at, actor, subject["choice"], subject["proposal"], keys, answer, decides, kinds)


def _with(voices: tuple[Verdict, ...], one: Verdict) -> tuple[Verdict, ...]:
    """The voices that count after a further act."""
    kept = tuple(each for each in voices if each.by_answer and each.by != one.by) if one.by_answer else ()
    return kept if one.choice == "open" else (*kept, one)


def _counting(voices: Iterable[Verdict]) -> tuple[Verdict, ...]:
    every = tuple(voices)
    return tuple(one for one in every if one.decides) or every


def dismissed(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """Message key → the verdict that dismissed what was found on it; a later agreement takes a dismissal back."""
    voices: dict[str, tuple[Verdict, ...]] = {}
    for verdict in sorted(verdicts, key=lambda one: one.at):
        for key in verdict.keys:
            voices[key] = _with(voices.get(key, ()), verdict)
    found = {key: [one for one in _counting(said) if one.choice == "dismiss"] for key, said in voices.items()}
    return {key: said[-1] for key, said in found.items() if said}


def reported(verdicts: Iterable[Verdict]) -> dict[str, tuple[Verdict, ...]]:
    """Message key → who says that the mail itself is one to look at: by moving it to Triage/Agree, by the label, by passing it on.
    A dismissal of the mail, or of the note about it, takes that back, and so does UNDO."""
    found: dict[str, tuple[Verdict, ...]] = {}
    for verdict in sorted(verdicts, key=lambda one: one.at):
        for key in verdict.keys:
            if verdict.choice == "dismiss":
                found.pop(key, None)
            elif verdict.choice == "open" and not verdict.proposal:
                found[key] = _with(found.get(key, ()), verdict)
            elif verdict.choice == "agree" and not verdict.proposal:
                found[key] = (*found.get(key, ()), verdict)
    return {key: said for key, said in found.items() if said}


def voices_on(verdicts: Iterable[Verdict]) -> dict[str, tuple[Verdict, ...]]:
    """Proposal id → the voices that count on it, oldest first: of one mind, or in dispute."""
    voices: dict[str, tuple[Verdict, ...]] = {}
    for verdict in sorted(verdicts, key=lambda one: one.at):
        if verdict.proposal:
            voices[verdict.proposal] = _with(voices.get(verdict.proposal, ()), verdict)
    return {proposal: _counting(said) for proposal, said in voices.items() if said}


def mildest(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """Proposal id → the verdict on it; where people differ, the dismissal."""
    voices = voices_on(verdicts)
    return {name: next((one for one in reversed(said) if one.choice == "dismiss"), said[-1]) for name, said in voices.items()}


def standing(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The verdict that stands on each proposal and on each mail judged by itself; none where people differ."""
    voices: dict[str, tuple[Verdict, ...]] = {}
    for verdict in sorted(verdicts, key=lambda one: one.at):
        for name in [verdict.proposal] if verdict.proposal else sorted(verdict.keys):
            voices[name] = _with(voices.get(name, ()), verdict)
    return tuple(one for said in voices.values() if (one := agreed(_counting(said))))


def voices_on_mails(verdicts: Iterable[Verdict]) -> dict[str, tuple[Verdict, ...]]:
    """Message key → the voices that count on the mail by itself, oldest first: of one mind, or in dispute."""
    voices: dict[str, tuple[Verdict, ...]] = {}
    for verdict in sorted(verdicts, key=lambda one: one.at):
        for key in () if verdict.proposal else verdict.keys:
            voices[key] = _with(voices.get(key, ()), verdict)
    return {key: _counting(said) for key, said in voices.items() if said}


def on_mails(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts that stand on mails by themselves: given by a label, by moving the mail, or by passing it on."""
    return tuple(one for one in standing(verdicts) if not one.proposal)


def agreed(voices: tuple[Verdict, ...]) -> Verdict | None:
    """The verdict, where all that count are of one mind: the last of them."""
    return voices[-1] if voices and len({one.choice for one in voices}) == 1 else None
