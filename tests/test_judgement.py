"""Which contacts a pass looks at, and that it asks for no more than it needs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from triage import contact, explanation, export, judgement, policy, template
from triage.conclusion import MOST_TWINS, Ground, twins
from triage.evidence import Directory
from triage.ledger import Ledger, Recording
from triage.message import Address, Message, Wording
from triage.story import tell
from triage.verdict import Verdict

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
WORDS = (
    "The plan to close the lido for three summers takes the one pool away that people of this side of the town can walk to, and the "
    "bus to the other one was cut in the spring. Keep it open while the pumps are mended, one basin at a time."
)
ON = Ground(now=MONDAY + timedelta(days=30), directory=Directory(frozenset({"borough.example"})), pack=policy.load("jack-keller"))


def letter(number: int, *, sender: str = "", day: float | None = None) -> Message:
    when = MONDAY + timedelta(days=number / 24 if day is None else day)
    name = f"Writer {number}"
    return Message(
        key=hashlib.sha256(f"{number}".encode()).hexdigest(), message_id=f"<{number:04}@post.example>", mailbox="main", role="inbox",
        sent_at=when, received_at=when, sender=Address(name, sender or f"w{number}@post.example"), reply_to=(),
        to=(Address("", "help@borough.example"),), cc=(), subject="The lido", in_reply_to="", references=(),
        wording=Wording(f"Dear all,\n\n{WORDS}\n\n{name}"),
    )  # fmt: skip


def record(ledger: Ledger, *letters: Message) -> None:
    ledger.record_many([Recording(one, None, (), template.bands(one.own)) for one in letters])


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger.open("sqlite://") as opened:
        yield opened


def conclude(ledger: Ledger) -> None:
    judgement.take_up(ledger, ON)
    assert judgement.conclude_touched(ledger, ON, ledger.owed())[1] == []


def campaigns(ledger: Ledger) -> dict[str, int]:
    """Message-ID of every letter found to be one of a campaign → how many earlier ones it rests on."""
    return {row["message_id"]: len(row["earlier"]) for row in ledger.conclusions().findings if row["kind"] == "campaign"}


def test_a_letter_that_arrives_late_makes_the_later_ones_a_campaign(ledger: Ledger) -> None:
    record(ledger, letter(2), letter(3))
    conclude(ledger)
    assert campaigns(ledger) == {}
    record(ledger, letter(1))
    assert judgement.touched(ledger, ON) == {"w1@post.example", "w2@post.example", "w3@post.example"}
    conclude(ledger)
    assert campaigns(ledger) == {"<0003@post.example>": 2}


def test_a_colleague_who_joins_a_campaign_is_no_contact(ledger: Ledger) -> None:
    record(ledger, letter(5, sender="ines@borough.example"))
    conclude(ledger)
    record(ledger, letter(1))
    assert judgement.touched(ledger, ON) == {"w1@post.example"}


def test_a_great_campaign_rests_on_its_first_letters_alone() -> None:
    asked = []

    def others() -> Iterator[Message]:
        for number in range(400):
            asked.append(number)
            yield letter(number)

    assert len(twins(letter(500), others())) == MOST_TWINS
    assert len(asked) == MOST_TWINS


def test_all_contacts_of_a_pass_are_written_down_however_many(ledger: Ledger) -> None:
    record(ledger, *(letter(number) for number in range(130)))
    conclude(ledger)
    assert len(ledger.conclusions().contacts) == 130
    assert len(campaigns(ledger)) == 128
    assert ledger.unconcluded() == []
    assert ledger.owed() == []


class PowerCut(BaseException):
    """The program ends here."""


def test_what_was_concluded_before_the_program_was_killed_is_not_concluded_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, asked = Ledger.settle, list[Sequence[str]]()

    def dies_at_the_third(self: Ledger, emails: Sequence[str]) -> None:
        asked.append(emails)
        if len(asked) == 3:
            raise PowerCut
        settle(self, emails)

    record(ledger, *(letter(number) for number in range(130)))
    judgement.take_up(ledger, ON)
    with monkeypatch.context() as during, pytest.raises(PowerCut):
        during.setattr(Ledger, "settle", dies_at_the_third)
        judgement.conclude_touched(ledger, ON, ledger.owed())
    assert len(ledger.conclusions().contacts) == 100
    assert len(ledger.owed()) == 30
    record(ledger, letter(200, sender="late@post.example"))
    judgement.take_up(ledger, ON)
    assert judgement.conclude_touched(ledger, ON, ledger.owed()) == (31, [])
    assert len(campaigns(ledger)) == 129
    assert ledger.owed() == []


def test_a_conclusion_about_one_contact_leaves_new_mail_of_others_to_be_concluded(ledger: Ledger) -> None:
    record(ledger, letter(1), letter(2))
    judgement.conclude_touched(ledger, ON, ["w1@post.example"])
    assert set(ledger.unconcluded()) == {letter(1).key, letter(2).key}
    conclude(ledger)
    assert len(ledger.conclusions().contacts) == 2


def test_a_verdict_touches_those_who_have_to_do_with_the_mails_it_is_about(ledger: Ledger) -> None:
    record(ledger, *(letter(number) for number in range(5)))
    conclude(ledger)
    one = Verdict(MONDAY, "main", "dismiss", "", frozenset({letter(2).key}))
    assert judgement.touched_by_verdicts([one], ledger, ON) == {"w2@post.example"}


def test_the_model_is_asked_about_each_mail_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Counting:
        def remarkable(self, texts: list[str]) -> list[dict[str, object]]:
            asked.append(len(texts))
            return [{} for _ in texts]

    monkeypatch.setattr(judgement, "_model", lambda _: Counting())
    monkeypatch.setattr(judgement, "_heard", {})
    record(ledger, *(letter(number) for number in range(250)))
    conclude(ledger)
    assert asked == [100, 100, 50]


def said(number: int, sender: Address, subject: str, own: str) -> Message:
    return replace(letter(number, sender=sender.email), sender=sender, subject=subject, wording=Wording(own))


TENANT = said(
    1, Address("Odile Farrant", "odile@post.example"), "Damp at 6 Cooper Row",
    "The back wall at 6 Cooper Row is wet through and the plaster comes off. Please send a surveyor.\n\nOdile Farrant",
)  # fmt: skip


def record_marked(ledger: Ledger, *letters: Message) -> None:
    ledger.record_many([Recording(one, None, tuple(contact.marks(one)), template.bands(one.own)) for one in letters])


def grouped(ledger: Ledger) -> tuple[list[set[str]], int]:
    """The Message-IDs of each matter, and how many contacts there are."""
    everything = export.everything(ledger, ON.now)
    return [set(row["messages"]) for row in everything["matters"]], len(everything["contacts"])


def test_a_councillor_who_names_a_tenant_and_the_house_lands_on_her_matter_and_stays_another_contact(ledger: Ledger) -> None:
    councillor = said(
        2, Address("Cllr B. Yeo", "b.yeo@ward.example"), "Ms Farrant, 6 Cooper Row",
        "I write for Ms Odile Farrant of 6 Cooper Row about the wet wall. When will a surveyor come?\n\nB. Yeo",
    )  # fmt: skip
    record_marked(ledger, TENANT, councillor)
    conclude(ledger)
    assert grouped(ledger) == ([{TENANT.message_id, councillor.message_id}], 2)


def test_a_neighbour_who_names_the_house_alone_has_a_matter_of_his_own(ledger: Ledger) -> None:
    neighbour = said(
        2, Address("Sam Dray", "sam@post.example"), "Parking",
        "Cars stand across the pavement in front of 6 Cooper Row every evening.\n\nSam Dray",
    )  # fmt: skip
    record_marked(ledger, TENANT, neighbour)
    conclude(ledger)
    assert len(grouped(ledger)[0]) == 2


def _correspondence(dice: random.Random) -> list[Message]:
    """Thirty mails of a few people, of ours and among ourselves, which refer to each other, copy each other in, and are forged."""
    people = ["ada@post.example", "ben@post.example", "cy@web.example", "list@groups.example"]
    ours = ["help@borough.example", "ines@borough.example"]
    written: list[Message] = []
    for number in range(30):
        sender = dice.choice(people[:3] if dice.random() < 0.75 else ours)
        others = [one for one in (*people, *ours) if one != sender]
        to, cc = dice.sample(others, 2), dice.sample(others, dice.randint(0, 2))
        cited = [one.message_id for one in dice.sample(written, min(len(written), dice.randint(0, 2)))]
        base = letter(number, sender=sender)
        written.append(
            replace(
                base,
                role="sent" if sender in ours and dice.random() < 0.7 else "inbox",
                to=tuple(Address("", one) for one in to),
                cc=tuple(Address("", one) for one in cc),
                references=tuple(cited),
                in_reply_to=cited[-1] if cited and dice.random() < 0.5 else "",
                authenticity=dice.choice(("pass", "unknown", "fail")),
                message_id=dice.choice(written).message_id if written and dice.random() < 0.1 else base.message_id,
            )
        )
    return written


@pytest.mark.parametrize("seed", range(25))
def test_a_story_is_told_from_the_mails_picked_out_for_it_as_from_all(ledger: Ledger, seed: int) -> None:
    dice = random.Random(seed)
    mails = _correspondence(dice)
    ledger.record_many([Recording(one, None, contact.marks(one) if dice.random() < 0.9 else ()) for one in mails])
    spared = 0
    for email in ("ada@post.example", "ben@post.example", "cy@web.example", "list@groups.example"):
        people = frozenset({email})
        with_them = ledger.messages_with(people)
        known = {one.key for one in with_them}
        ids = {one.message_id for one in with_them}
        among = [
            one for one in mails
            if one.key not in known and not ON.directory.outside(one)
            and ids & {one.message_id, one.in_reply_to, *one.references} and one.key in ledger.citing(ids)
        ]  # fmt: skip
        found = judgement._mails_with(people, ledger, ON.directory)
        assert found is not None
        picked, all_keys = found
        assert all_keys == known
        assert tell(people, picked, ON.directory) == tell(people, [*with_them, *among], ON.directory)
        spared += len(with_them) + len(among) - len(picked)
    assert spared > 0


def test_who_is_in_no_mail_has_no_story(ledger: Ledger) -> None:
    record(ledger, letter(1))
    assert judgement._mails_with(frozenset({"nobody@post.example"}), ledger, ON.directory) is None


def test_the_semantic_tier_of_the_settings_is_what_the_model_is_opened_with(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path | None] = []
    monkeypatch.setattr(judgement, "load", lambda *, semantic: opened.append(semantic))
    judgement._model.cache_clear()
    judgement._hear([], replace(ON, semantic=Path("vectors")))
    judgement._model.cache_clear()
    assert opened == [Path("vectors")]


@pytest.mark.parametrize(
    ("own", "kind", "words"),
    [
        (
            "Dzień dobry, pisałem do państwa trzy razy w sprawie kaucji. Jutro przyjdę z nożem i wtedy pogadamy.",
            "threat",
            "Polish",
        ),
        (
            "Guten Tag, ich bekomme meine Kaution nicht zurück. Ich sehe keinen Ausweg mehr und will nicht mehr leben.",
            "welfare",
            "German",
        ),
        (
            "Bonjour, vous ne répondez jamais à mes lettres. Ce soir je vais avaler tous les cachets et en finir.",
            "welfare",
            "French",
        ),
    ],
)
def test_grave_words_in_another_language_are_read_now_and_the_note_says_what_was_not_looked_at(
    ledger: Ledger, own: str, kind: str, words: str
) -> None:
    record(ledger, said(1, Address("Iga Zych", "iga@post.example"), "Deposit", own))
    conclude(ledger)
    (proposal,) = (one for one in ledger.conclusions().proposals if one["kind"] == "urgent")
    assert {finding["kind"] for finding in proposal["findings"]} == {kind}
    sections = {section.heading: section.lines for section in explanation.note(proposal, None)}
    assert f"Written in {words}: only" in sections["What was not looked at"][0]
