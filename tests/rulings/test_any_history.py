"""Over random histories: nobody comes under a restriction with an open safeguard, past its end, or without decider, reason,
notice and end, whatever is written, sent, recorded, ordered by mail or interrupted, and in whatever order.

How many histories are tried: TRIAGE_FUZZ times those of the commit gate, and longer ones (`make nightly` sets it to 100).

What the truth is, the machine knows by itself: it wrote the mails, so it knows which of them spoke of a danger or a right.
"""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from figures import TIMES, Figures
from hypothesis import HealthCheck, event, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.rulings.registry import (
    ADJUSTMENT,
    AGAIN,
    ANSWERED,
    ASKED,
    BERT,
    DESK,
    ENDLESS,
    IDA,
    INSULT,
    MORE,
    NOOR,
    NOTICE,
    RIGHTS,
    SAM,
    SETTINGS,
    START,
    WARNING,
    WELFARE,
    override,
    registry,
    with_end,
)
from triage.carrying_out import carry_out
from triage.deciding import Refused
from triage.errors import Permanent
from triage.hearing import NOTE, OUTCOME, answers, on_note, write_answer, write_down
from triage.ledger import Ledger
from triage.message import Message
from triage.privacy import erase, person
from triage.record import rulings
from triage.ruling import FILED, Ruling
from triage.settings import load
from triage.verdict import Choice

NELL = "nell.quill@inlook.example"
"""Bert's wife, who writes of her own: nothing in her mails makes the two one person."""
TRUTH = {"welfare": WELFARE, "rights": RIGHTS, "adjustment": ADJUSTMENT}


SAID = {"welfare": "a risk to welfare", "adjustment": "an adjustment was asked for", "not_dealt_with": "never really answered"}


WRONG: dict[str, Callable[[datetime], dict[str, object]]] = {
    "not the role": lambda _: {"by": NOOR},
    "none of us": lambda _: {"by": "stranger@inlook.example"},
    "no reason": lambda _: {"reason": " "},
    "no circumstances": lambda _: {"circumstances": ""},
    "no end": lambda _: {"until": None, "notice": "file l.pdf sha256:00", "told": START},
    "an end that is past": lambda now: {"until": now - timedelta(days=1)},
    "an end too far off": lambda now: {"until": now + timedelta(days=900)},
    "no proof": lambda _: {"notice": ""},
    "told later": lambda now: {"notice": "file l.pdf sha256:00", "told": now + timedelta(days=2)},
    "no letter of ours": lambda _: {"notice": "<none@marlow.example>"},
    "an answer for a notice": lambda _: {"notice": "<2@marlow.example>"},
    "anger for safety": lambda _: {"notice": "", "safety_reason": "he is angry"},
    "override without a reason": lambda _: {},
    "power cut": lambda _: {},
}


ORDERS = [
    "UNTIL",
    "UNTIL",
    "CLOSE",
    "REOPEN",
    "LESS",
    "REFER",
    "UNDO",
    "SAME PERSON",
    "NOT SAME PERSON",
    "NOT SAME MATTER",
    "SAME MATTER",
]


LANE = "Could I book lane three on Sunday morning for my daughter?"


DECIDER = st.sampled_from([IDA, SAM])
ASIDE = st.sets(st.sampled_from(["welfare", "rights", "adjustment", "not_dealt_with", "no_effort"]), max_size=2)


OTHERS = ["warn", "no-action", "terminate", "refer", "senior", "hand-over", "inquire", "inquiry-closed", "department"]

LETTERS = {
    "lifted": "Dear Mr Quill,\n\nWe have lifted the restriction on your contact with us. You may write to us again as before.\n\nIda Holt",
    "warning withdrawn": "Dear Mr Quill,\n\nWe withdraw our warning. It should not have been given.\n\nIda Holt",
    "appeal dismissed": "Dear Mr Quill,\n\nWe have considered your appeal. Your appeal has been dismissed.\n\nSam Reyes",
    "expectations": "Dear Mr Quill,\n\nPlease write to our staff politely, without insults. This letter is not a warning.\n\nIda Holt",
}
IN_WRITING = (
    "Dear Mr Quill,\n\nFollowing our warning you have again insulted our staff. We have therefore decided to restrict your contact with us: "
    "until {end} you may only contact us in writing; we will not take calls from you. You may appeal against this decision.\n\nIda Holt"
)


class PowerCut(Exception):
    """The program dies here."""


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.baths = self.stack.enter_context(registry(Path(folder)))
        self.answered_at: list[datetime] = []
        """When we really answered."""
        self.settled: list[tuple[datetime, str, str]] = []
        """When somebody said that the matter is dealt with, or is not: the time, "close" or "reopen", the id of the ruling."""
        self.incidents: list[str] = []
        self.spoke: dict[str, datetime] = {}
        """Safeguard → when he last wrote of it."""
        self.she_spoke: dict[str, datetime] = {}
        """The same of Nell."""
        self.tied: list[tuple[str, str]] = []
        """What was said of the two: the id of the ruling, same-person or not-same-person."""
        self.parted: list[tuple[str, str, str]] = []
        """What was said of single mails: the id of the ruling, split or rejoin, the key of the mail."""
        self.letters: dict[str, set[str]] = {}
        """Message-ID of each notice in Sent → what was open when it was sent."""
        self.number = 0
        self.agreed: dict[str, str] = {}
        """Proposal → the last verdict on it."""
        self.warnings: list[datetime] = []
        """When we really warned him."""
        self.withdrawn: list[datetime] = []
        """When we took a warning back."""
        self.sent_at: dict[str, datetime] = {}
        """When each notice in Sent was sent."""
        self.mild: set[str] = set()
        """Of the notices in Sent, those by which he may still write."""
        self.grave: set[str] = set()
        """The incidents that are grave."""
        self.appealed: datetime | None = None
        """Since when an appeal waits."""
        self.policy, self.mode = "jack-keller", "propose"

    def teardown(self) -> None:
        self.baths.ledger.close()
        self.stack.close()

    @initialize(
        skip=st.sampled_from(["nothing", "nothing", "nothing", "the answer", "the warning"]),
        spoken=st.sampled_from(["nothing", "nothing", *sorted(TRUTH)]),
        nell=st.sampled_from(["nothing", "nothing", "again", "welfare"]),
        mild=st.sampled_from([False, False, True]),
    )
    def begin(self, skip: str, spoken: str, nell: str, mild: bool) -> None:
        """Most histories begin where a restriction is near, or in force, so that what bars it and what widens it is met often."""
        self.baths.wrote(ASKED)
        if skip != "the answer":
            self.ours("answer")
        self.theirs("insult")
        if skip != "the warning":
            self.ours("warning")
        if spoken in TRUTH:
            self.theirs(spoken)
        self.theirs("insult")
        if (skip, spoken) != ("nothing", "nothing"):
            self._restrict(SAM, 60, False, set(), None)  # which something bars
        elif mild:
            self.milder_notice(60)
            self.theirs("again")
        if nell != "nothing":
            if (skip, spoken) == ("nothing", "nothing"):
                self._restrict(IDA, 90, False, set(), None)
            self.hers(nell)

    # what is written

    @rule(what=st.sampled_from(["insult", "insult", "insult", "again", *sorted(TRUTH)]))
    def theirs(self, what: str) -> None:
        self.number += 1
        if what in TRUTH:
            self.baths.wrote(TRUTH[what])
            self.spoke[what] = self.baths.now
        else:
            self.baths.wrote(f"{(INSULT, MORE)[self.number % 2] if what == 'insult' else AGAIN} {self.number}.")

    @rule(what=st.sampled_from(["again", "again", "another", *sorted(TRUTH)]))
    def hers(self, what: str) -> None:
        """Nell writes, of the locker, too."""
        text = {"again": f"{AGAIN}\n\nNell", "another": f"{LANE}\n\nNell"}.get(what, TRUTH.get(what, ""))
        self.baths.mail(text, NELL, DESK, subject="Lane three" if what == "another" else "Key for locker 88")
        if what in TRUTH:
            self.she_spoke[what] = self.baths.now

    @rule(what=st.sampled_from(["answer", "warning"]))
    def ours(self, what: str) -> None:
        if what == "warning":
            self.baths.answered(WARNING, IDA)
            self.warnings.append(self.baths.now)
        elif "rights" not in self.spoke:  # an answer to everything would answer that, too
            self.baths.answered(ANSWERED)
            self.answered_at.append(self.baths.now)

    @rule()
    def forged(self) -> None:
        """Somebody writes in his name."""
        self.baths.wrote(
            MORE, headers={"Authentication-Results": "mx.marlow.example; dmarc=fail header.from=inlook.example; spf=fail"}
        )
        self.spoke["unauthenticated"] = self.baths.now

    @rule(what=st.sampled_from(sorted(LETTERS)))
    def other_letter(self, what: str) -> None:
        """Letters of ours that end something or that only explain; none of them begins a restriction or counts as a warning."""
        before = self.restricted()
        self.baths.answered(LETTERS[what], IDA)
        if what in ("lifted", "warning withdrawn"):
            self.withdrawn.append(self.baths.now)
        if what == "appeal dismissed":
            self.appealed = None
        after = self.restricted()
        assert after.keys() <= before.keys() and all(after[name][1] <= before[name][1] for name in after)

    @rule(days=st.integers(1, 100))
    def milder_notice(self, days: int) -> None:
        """A letter by which he may still write, in writing only."""
        self.baths.answered(with_end(IN_WRITING, self.baths.now + timedelta(days=days)), IDA)
        self.letters[self.baths.last], self.sent_at[self.baths.last] = set(self.open), self.baths.now
        self.mild.add(self.baths.last)

    @rule(
        policy=st.sampled_from(["jack-keller", "jack-keller", "caraway", "aurora-assist"]),
        mode=st.sampled_from(["propose", "automatic", "never"]),
    )
    def other_settings(self, policy: str, mode: str) -> None:
        """The organisation takes another policy, or another setting for single abusive mails; who is restricted stays as it was."""
        before = self.restricted()
        path = self.baths.folder / "settings.ini"
        path.write_text(f"{SETTINGS.format(policy=policy)}[acting]\nno_reply = {mode}\n")
        self.baths.settings, self.policy, self.mode = load(path), policy, mode
        assert self.restricted() == before

    @property
    def unanswered(self) -> bool:
        """Whether the matter is not dealt with in truth: the last word on it counts, a mail of ours or what somebody said."""
        if self.settled and not any(at > self.settled[-1][0] for at in self.answered_at):
            return self.settled[-1][1] == "reopen"
        return not self.answered_at

    @property
    def open(self) -> set[str]:
        """The safeguards that are open in truth now. A sign of danger counts for a season."""
        waits = {"appeal_pending"} if self.appealed else set()
        return self._spoken(self.spoke) | waits | ({"not_dealt_with"} if self.unanswered else set())

    def _spoken(self, of: dict[str, datetime]) -> set[str]:
        season = self.baths.now - timedelta(days=88)
        return {gate for gate, at in of.items() if gate != "welfare" or at > season}

    @property
    def joined(self) -> bool:
        """Whether the last word of somebody with the role is that Nell is Bert."""
        return bool(self.tied) and self.tied[-1][1] == "same-person"

    @rule(days=st.integers(1, 200), endless=st.booleans())
    def notice(self, days: int, endless: bool) -> None:
        text = ENDLESS if endless else with_end(NOTICE, self.baths.now + timedelta(days=days))
        self.baths.answered(text, IDA)
        self.letters[self.baths.last], self.sent_at[self.baths.last] = set(self.open), self.baths.now

    @rule(days=st.sampled_from([1, 2, 5, 40, 100]))
    def wait(self, days: int) -> None:
        self.baths.later(days=days)

    # what is answered to a note

    @rule(
        data=st.data(),
        choice=st.sampled_from(["agree", "agree", "dismiss"]),
        way=st.sampled_from(["moved", "answered", "moved and cut"]),
    )
    def verdict(self, data: st.DataObject, choice: Choice, way: str) -> None:
        """Somebody moves one of our notes, or answers it by mail; perhaps the program dies while it hears that."""
        self.baths.conclude()
        proposals = self.baths.ledger.proposals()
        if not proposals:
            return
        row = data.draw(st.sampled_from(sorted(proposals, key=lambda one: (one["kind"] != "restrict", one["id"]))))
        restricted, now = self.restricted(), self.baths.now
        ledger, note = self.baths.ledger, f"<{row['id']}.0123456789abcdef@triage.marlow.example>"
        if way == "answered":
            self.number += 1
            word = "APPROVE" if choice == "agree" else "REJECT"
            (message,) = ledger.messages(ledger.keys_by_message_id(self.baths.mail(word, IDA, DESK, subject="Re: note")))
            assert isinstance(message, Message)
            settings = self.baths.settings
            heard = write_answer(ledger, message, note, settings.directory(), settings.deciders, now)
            assert heard is not None and heard.choice == choice
        else:
            heard = on_note(ledger, "desk", choice, row["id"], note, now)
        with pytest.MonkeyPatch.context() as patch:
            if way == "moved and cut":
                patch.setattr(Ledger, "journal", _power_cut)
            try:
                write_down(ledger, [heard])
            except PowerCut:
                self.baths.reopened()
            else:
                self.agreed[row["id"]] = choice
        assert self.restricted() == restricted  # no verdict begins, ends or lengthens a restriction

    def restricted(self) -> dict[str, tuple[str, str]]:
        """The restrictions in force, with their start and end."""
        return {row["id"]: (row["start"], row["until"]) for row in self.baths.in_force()}

    @rule(step=st.sampled_from(["replace_conclusions", "owe", "mark_concluded", "set_meta", "settle"]))
    def crash(self, step: str) -> None:
        """The program dies in the middle of concluding, at any of its writes, and is started again."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Ledger, step, _power_cut)
            with suppress(PowerCut):
                self.baths.conclude()
        self.baths.reopened()
        for row in self.baths.ledger.restrictions():  # what was known before, and nothing half
            assert row["reason"].strip() and row["notice"] and row["until"] and row["decided_by"] in (IDA, SAM)

    # what is ordered by answering a note

    @rule(
        data=st.data(),
        word=st.sampled_from(ORDERS),
        by=st.sampled_from([IDA, SAM, NOOR]),
        days=st.integers(-3, 400),
        cut=st.sampled_from([None, None, 0, 1]),
    )
    def order(self, data: st.DataObject, word: str, by: str, days: int, cut: int | None) -> None:
        """One of us answers one of our notes with an order; perhaps the program dies while it carries that out, and is run again."""
        self.baths.conclude()
        proposals = self.baths.ledger.proposals()
        if not proposals:
            return
        row = data.draw(st.sampled_from(sorted(proposals, key=lambda one: (one["kind"] not in ("hold", "restrict"), one["id"]))))
        self.number += 1
        ledger, settings = self.baths.ledger, self.baths.settings
        note = f"<{row['id']}.{self.number:016x}@triage.marlow.example>"
        about = {"keys": row["keys"], "kind": row["kind"], "about": row["about_key"]}
        told = {"mailbox": "desk", "proposal": row["id"], "message_id": note, **about}
        ledger.journal(NOTE, at=self.baths.now, actor="triage", subject=told)
        day = f" {self.baths.now + timedelta(days=days):%Y-%m-%d}" if word == "UNTIL" else ""
        day = f" {self._the_other(row)}" if word.endswith("PERSON") else day
        sent = self.baths.mail(f"{word}{day}, told him on the telephone what we know", by, DESK, subject="Re: note")
        (message,) = ledger.messages(ledger.keys_by_message_id(sent))
        assert isinstance(message, Message)
        heard = write_answer(ledger, message, note, settings.directory(), settings.deciders, self.baths.now)
        write_down(ledger, [heard] if heard else [])
        before, known = self.restricted(), {one.id for one in rulings(ledger)}
        self.carried_out(cut)
        new = [one for one in rulings(self.baths.ledger) if one.id not in known]
        self.heard(new, before)
        event(f"order {word}{'' if cut is None else ', cut'}: {new[0].act if new else 'verdict or refused'}")
        assert len(new) <= 1 and all(one.done for one in answers(self.baths.ledger))
        carried = [entry.subject["of"] for entry in self.baths.ledger.entries(kinds=(OUTCOME,))]
        assert len(carried) == len(set(carried))  # nothing was carried out twice
        after = self.restricted()
        assert after.keys() <= before.keys()  # no order begins a restriction
        if any(after[name][1] > before[name][1] for name in after):
            assert {one.act for one in new} <= {"undo"}  # but one that was shortened by an order may get its own end back

    def _the_other(self, proposal: Mapping[str, Any]) -> str:
        """Whose address is named: that of whoever the note is not about."""
        (message,) = self.baths.ledger.messages([proposal["about_key"]])
        assert isinstance(message, Message)
        return BERT if NELL in (message.sender.email, *(one.email for one in message.to)) else NELL

    def heard(self, new: Sequence[Ruling], restricted: Collection[str]) -> None:
        """What was recorded is remembered, in the machine's own way; `restricted`: what was in force before."""
        for one in new:
            if one.act in ("close", "reopen"):
                self.settled.append((one.at, one.act, one.id))
            elif one.act in ("same-person", "not-same-person"):
                if one.act == "same-person":
                    assert one.by in (IDA, SAM)
                    open_now = self._spoken(self.spoke) | self._spoken(self.she_spoke)
                    assert self.joined or not (restricted and open_now)  # it would bring her under it with a safeguard open
                self.tied.append((one.id, one.act))
            elif one.act in ("split", "rejoin"):
                self.parted += [(one.id, one.act, key) for key in one.mails]
            elif one.act == "undo":
                was = self.joined
                self.settled = [each for each in self.settled if each[2] != one.about]
                self.tied = [each for each in self.tied if each[0] != one.about]
                self.parted = [each for each in self.parted if each[0] != one.about]
                assert was or not self.joined or one.by in (IDA, SAM)  # nobody else brings her under it

    # what is put right by command

    @rule(
        data=st.data(),
        act=st.sampled_from(["same-person", "same-person", "not-same-person", "split", "split", "rejoin", "undo"]),
        by=st.sampled_from([IDA, SAM, NOOR]),
        cut=st.sampled_from([None, None, "journal", "replace_conclusions"]),
    )
    def correct(self, data: st.DataObject, act: str, by: str, cut: str | None) -> None:
        """Somebody puts right who is who, or what a mail is about; perhaps the program dies before it is written down, or amid it."""
        self.baths.conclude()
        ledger, given = self.baths.ledger, dict[str, object]()
        if act.endswith("person"):
            if not ledger.messages_with([NELL]):
                self.hers("again")
            given = {"others": frozenset({NELL})}
        elif act == "undo":
            said = [one.id for one in rulings(ledger)]
            given = {"about": data.draw(st.sampled_from(said))} if said else {}
        else:
            given = {"mails": (data.draw(st.sampled_from(sorted(one.key for one in ledger.messages_with([BERT])))),)}
        before, known = self.restricted(), {one.id for one in rulings(ledger)}
        recorded = False
        with pytest.MonkeyPatch.context() as patch:
            if cut:
                patch.setattr(Ledger, cut, _power_cut)
            with suppress(PowerCut):
                recorded = self._try(act, by=by, **given)
        if cut:
            self.baths.reopened()
        new = [one for one in rulings(self.baths.ledger) if one.id not in known]
        event(f"{act}{', cut' if cut else ''}: {'recorded' if new else 'not recorded'}")
        assert len(new) == recorded
        self.heard(new, before)
        assert self.restricted().keys() <= before.keys()  # no correction begins a restriction

    def carried_out(self, cut: int | None) -> None:
        """The orders are carried out; with `cut` the program dies at that writing of the journal first, and is started again."""
        with pytest.MonkeyPatch.context() as patch:
            if cut is not None:
                real, count = Ledger.journal, itertools.count()

                def dying(*given: object, **named: object) -> object:
                    if next(count) == cut:
                        raise PowerCut
                    return real(*given, **named)  # type: ignore[arg-type]

                patch.setattr(Ledger, "journal", dying)
            with suppress(PowerCut):
                carry_out(self.baths.ledger, self.baths.settings, self.baths.now)
        if cut is not None:
            self.baths.reopened()
        carry_out(self.baths.ledger, self.baths.settings, self.baths.now)

    # what is recorded

    @rule(kind=st.sampled_from(["abuse", "threat", "other"]))
    def incident(self, kind: str) -> None:
        before = self.restricted()
        self.incidents.append(self.baths.incident(kind).id)
        self.grave |= {self.incidents[-1]} if kind == "threat" else set()
        assert self.restricted().keys() <= before.keys()  # alone it does nothing

    @rule(data=st.data(), by=st.sampled_from([IDA, NOOR]))
    def withdraw(self, data: st.DataObject, by: str) -> None:
        if self.incidents:
            one = data.draw(st.sampled_from(self.incidents))
            self._try("withdraw", by=by, about=one)
            self.incidents.remove(one)

    @rule(by=st.sampled_from([IDA, SAM, NOOR]), act=st.sampled_from(OTHERS))
    def other_command(self, by: str, act: str) -> None:
        """Whatever else is recorded begins no restriction, and ends or lengthens none."""
        before = self.restricted()
        told = {"notice": "file letter.pdf sha256:00", "told": self.baths.now} if act in ("warn", "terminate") else {}
        to = {"refer": "police", "senior": SAM, "hand-over": SAM, "inquire": SAM, "department": "repairs"}.get(act, "")
        done = self._try(act, by=by, to=to, relieved=NOOR, circumstances="serious", reason="we looked into all of it", **told)
        if done and act == "warn":
            self.warnings.append(self.baths.now)
        assert self.restricted().items() <= before.items()

    @rule(by=st.sampled_from([IDA, NOOR]), act=st.sampled_from(["close", "reopen"]))
    def settle(self, by: str, act: str) -> None:
        """By command, on the first mail."""
        before, keys = self.restricted(), tuple(self.baths.ledger.keys_by_message_id("<1@inlook.example>"))
        known = {one.id for one in rulings(self.baths.ledger)}
        self._try(act, by=by, mails=keys, reason="told him on the telephone what we know")
        self.heard([one for one in rulings(self.baths.ledger) if one.id not in known], before)
        assert self.restricted() == before

    @rule()
    def erase(self) -> None:
        """Nobody is forgotten, with all that speaks for them, while a restriction of theirs is in force."""
        if self.restricted():
            known = len(rulings(self.baths.ledger))
            with pytest.raises(Permanent, match="is in force"):
                erase(
                    self.baths.ledger,
                    person(self.baths.ledger, self.baths.settings, BERT),
                    reason="asked for",
                    now=self.baths.now,
                )
            assert len(rulings(self.baths.ledger)) == known

    @rule(by=DECIDER, days=st.integers(1, 120), by_letter=st.booleans(), aside=ASIDE)
    def restrict(self, by: str, days: int, by_letter: bool, aside: set[str]) -> None:
        self._restrict(by, days, by_letter, aside, None)

    @rule(by=DECIDER)
    def restrict_at_once(self, by: str) -> None:
        self._restrict(by, 60, False, set(), None)

    @rule(by=DECIDER, by_letter=st.booleans(), aside=ASIDE, wrong=st.sampled_from(sorted(WRONG)))
    def restrict_wrongly(self, by: str, by_letter: bool, aside: set[str], wrong: str) -> None:
        self._restrict(by, 60, by_letter, aside, wrong)

    def _restrict(self, by: str, days: int, by_letter: bool, aside: set[str], wrong: str | None) -> None:
        """He insults us again; then a decision that has all it needs, but for the safeguards, which are as they are, and for one thing that is wrong."""
        if not self.letters:
            self.theirs("insult")
        now = self.baths.now
        given: dict[str, object] = {"by": by, "until": now + timedelta(days=days)}
        letter = next(reversed(self.letters), "")
        if by_letter and letter:
            given |= {"notice": letter}
        given |= WRONG[wrong](now) if wrong else {}
        reason = "" if wrong == "override without a reason" else "both directors looked at it"
        if self.incidents and len(self.incidents) % 2:
            given["grounds"] = (self.incidents[-1],)
        given["overrides"] = tuple(one for gate in sorted(aside) for one in override(gate, reason))
        known = len(rulings(self.baths.ledger))
        with pytest.MonkeyPatch.context() as patch:
            if wrong == "power cut":
                patch.setattr(Ledger, "journal", _power_cut)
            try:
                self.baths.restrict(**given)
            except (Refused, PowerCut):
                recorded = False
            else:
                recorded = True
        if wrong == "power cut":
            self.baths.reopened()
        assert len(rulings(self.baths.ledger)) == known + recorded
        event(f"restriction, {wrong or 'all there'}: {'recorded' if recorded else 'refused'}")
        if recorded:
            assert wrong is None or wrong == "override without a reason"
            assert self.policy != "caraway"  # a code that gives nobody the power
            assert self._warned(self.sent_at.get(str(given.get("notice")), now)) or self.grave & set(given.get("grounds", ()))  # type: ignore[call-overload]
            assert self.truly_open("notice" in given) <= (aside if reason else set())

    def _warned(self, by: datetime) -> bool:
        """Whether he had been warned by then, and neither was that taken back nor has it led to a restriction that is over."""
        over = [
            datetime.fromisoformat(row["ended_early"] or row["until"]) for row in self.baths.restrictions() if not row["in_force"]
        ]
        spent = max((at for at in [*self.withdrawn, *over] if at < by), default=START)
        return any(spent < at <= by for at in self.warnings)

    def truly_open(self, by_letter: bool) -> set[str]:
        return next(reversed(self.letters.values())) if by_letter else self.open

    @rule(by=st.sampled_from([IDA, SAM, NOOR]), days=st.integers(1, 500))
    def renew(self, by: str, days: int) -> None:
        told = {"notice": "file renewal.pdf sha256:00", "told": self.baths.now}
        self._try("renew", by=by, until=self.baths.now + timedelta(days=days), **told)

    @rule(by=st.sampled_from([IDA, SAM, NOOR]), act=st.sampled_from(["lift", "appeal"]))
    def lift_or_appeal(self, by: str, act: str) -> None:
        done = self._try(act, by=by, received=self.baths.now if act == "appeal" else None)
        if done and act == "appeal":
            self.appealed = self.baths.now

    @rule(
        by=st.sampled_from([IDA, SAM]), outcome=st.sampled_from(["allowed", "varied", "refused", ""]), days=st.integers(-5, 300)
    )
    def decide_appeal(self, by: str, outcome: str, days: int) -> None:
        before = {row["id"]: row["until"] for row in self.baths.in_force()}
        deciders = {row["decided_by"] for row in self.baths.in_force()}
        if self._try("appeal-decided", by=by, outcome=outcome, until=self.baths.now + timedelta(days=days)):
            assert len(deciders) > 1 or by not in deciders
            self.appealed = None
            assert all(row["until"] <= before[row["id"]] for row in self.baths.in_force())

    def _try(self, act: str, **rest: object) -> bool:
        try:
            self.baths.rule(act, **rest)  # type: ignore[arg-type]
        except Refused:
            return False
        return True

    # what must hold

    @invariant()
    def nobody_is_restricted_against_the_rules(self) -> None:
        now = self.baths.now
        for row in self.baths.in_force():
            assert row["decided_by"] in (IDA, SAM)
            assert row["reason"].strip() and row["notice"]
            assert row["until"] and row["start"] <= now.isoformat() <= row["until"]
            recorded = {one.id: one for one in rulings(self.baths.ledger)}.get(row["recorded"])
            if recorded is None:  # a letter of ours in Sent: people told them, and what it lacks is said
                assert row["notice"] in self.letters
                said = " ".join(row["gaps"])
                for gate in self.letters[row["notice"]] & SAID.keys():
                    assert SAID[gate] in said
            else:
                assert recorded.until and (recorded.told or recorded.safety_reason) and recorded.circumstances

    @invariant()
    def nothing_protected_is_held(self) -> None:
        for message_id in self.baths.held():
            (key,) = self.baths.ledger.keys_by_message_id(message_id)
            (message,) = self.baths.ledger.messages([key])
            assert message.own.strip() not in TRUTH.values()  # type: ignore[union-attr]

    @invariant()
    def nobody_else_s_mail_is_held_and_no_mail_that_was_said_to_be_about_something_new(self) -> None:
        held, in_force = self.baths.held(), self.baths.in_force()
        last = {key: act for _, act, key in self.parted}
        for message_id in held:
            (message,) = self.baths.ledger.messages(self.baths.ledger.keys_by_message_id(message_id))
            assert isinstance(message, Message)
            assert self.joined or message.sender.email != NELL
            if last.get(message.key) == "split" and not self._agreed(message):
                assert any(row["start"] >= message.sent_at.isoformat() for row in in_force)

    @invariant()
    def whatever_is_held_is_covered_by_a_restriction_or_by_somebody_s_word_on_that_mail(self) -> None:
        held = self.baths.held()
        filing = [row for row in self.baths.in_force() if row["kind"] in FILED and row["notice"] not in self.mild]
        covered = {matter for row in filing for matter in row["matters"]}
        rows = self.baths.ledger.conclusions()
        of = {message_id: row["id"] for row in rows.matters for message_id in row["messages"]}
        for message_id in held:
            (message,) = self.baths.ledger.messages(self.baths.ledger.keys_by_message_id(message_id))
            assert isinstance(message, Message)
            assert self._agreed(message) or of[message_id] in covered

    def _agreed(self, message: Message) -> bool:
        """Whether somebody agreed lately that this single mail needs no reply, or the settings say so of insults."""
        insult = any(words in message.own for words in (INSULT, MORE))
        if self.mode == "automatic" and insult and self.baths.now - message.sent_at < timedelta(days=14):
            return True
        return self.mode != "never" and any(
            self.agreed.get("p-" + hashlib.sha256(f"{row['id']} no-reply {message.key}".encode()).hexdigest()[:12]) == "agree"
            and self.baths.now - message.sent_at < timedelta(days=14)
            for row in self.baths.ledger.conclusions().contacts
        )

    @invariant()
    def the_journal_is_whole(self) -> None:
        _steps.append(1)
        assert self.baths.ledger.verify_journal() is None


_steps: list[int] = []


@pytest.fixture(autouse=True)
def _counted(figures: Figures) -> Iterator[None]:
    before = len(_steps)
    yield
    if len(_steps) > before:
        figures.add("steps of random histories", len(_steps) - before)


def _power_cut(*_: object, **__: object) -> None:
    raise PowerCut


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=25 * TIMES,
    stateful_step_count=6 if TIMES == 1 else 20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
