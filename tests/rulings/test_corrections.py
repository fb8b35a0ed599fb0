"""What people say of the mail itself: that it is dealt with, another matter, one person; who may say so, and how it is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.rulings.registry import (
    AGAIN,
    ANSWERED,
    ASKED,
    BERT,
    DESK,
    IDA,
    INSULT,
    MORE,
    NOOR,
    NOTICE,
    SAM,
    WELFARE,
    Registry,
    override,
    with_end,
)  # fmt: skip
from triage.deciding import Refused
from triage.explanation import note
from triage.note import plain
from triage.record import rulings
from triage.ruling import in_effect, ties

OTHER = "b.quill@work.example"
WIFE = "nell.quill@inlook.example"


def key(one: Registry, message_id: str) -> str:
    (found,) = one.ledger.keys_by_message_id(message_id)
    return found


def matter_of(one: Registry, message_id: str) -> dict[str, object]:
    one.conclude()
    return next(row for row in one.ledger.conclusions().matters if message_id in row["messages"])


def addresses(one: Registry, of: str) -> list[str]:
    one.conclude()
    return next(row["addresses"] for row in one.ledger.conclusions().contacts if of in row["addresses"])


def test_a_restriction_reaches_another_address_only_when_a_decider_says_that_it_is_the_same_person(due: Registry) -> None:
    due.restrict()
    from_work = due.mail(f"{AGAIN}\n\nBert Quill", OTHER, DESK)
    assert due.held() == []
    with pytest.raises(Refused, match="has not the role"):
        due.rule("same-person", by=NOOR, others=frozenset({OTHER}))
    due.rule("same-person", others=frozenset({OTHER}))
    assert due.held() == [from_work]
    due.rule("not-same-person", by=NOOR, others=frozenset({OTHER}))
    assert due.held() == [] and addresses(due, OTHER) == [OTHER]
    due.rule("same-person", others=frozenset({OTHER}))
    assert due.held() == [from_work]
    due.rule("undo", by=NOOR, about=rulings(due.ledger)[-1].id)
    assert due.held() == []


def by_letter(due: Registry) -> str:
    """A letter restricts Bert, and he writes on from another address under his name; gives the Message-ID of that mail."""
    due.mail(f"{AGAIN}\n\nBert Quill", f"Bert Quill <{BERT}>", DESK)
    due.answered(with_end(NOTICE, due.now + timedelta(days=60)), IDA)
    due.later(days=1)
    return due.mail(f"{AGAIN}\n\nBert Quill", f"Bert Quill <{OTHER}>", DESK)


def note_on_the_restriction(due: Registry) -> str:
    due.conclude()
    (row,) = (one for one in due.ledger.proposals() if one["kind"] == "hold")
    return plain(note(row, due.settings.pack()))


def test_a_letter_s_restriction_reaches_an_address_that_only_the_program_ties_and_its_note_says_why_and_how_to_undo_it(
    due: Registry,
) -> None:
    from_there = by_letter(due)
    assert due.held() == [from_there]
    said = note_on_the_restriction(due)
    assert "WHOSE MAIL IT COVERS" in said and OTHER in said and "same name bert quill" in said
    assert "None of you has confirmed it." in said and f"NOT SAME PERSON {OTHER}" in said
    due.rule("not-same-person", by=NOOR, others=frozenset({OTHER}))
    assert due.held() == [] and "WHOSE MAIL" not in note_on_the_restriction(due)


def test_once_a_decider_has_said_that_both_are_one_the_note_asks_no_more(due: Registry) -> None:
    from_there = by_letter(due)
    due.rule("same-person", others=frozenset({OTHER}))
    assert due.held() == [from_there] and "WHOSE MAIL" not in note_on_the_restriction(due)


def test_once_it_is_recorded_it_reaches_no_address_that_is_tied_later(due: Registry) -> None:
    due.mail(f"{AGAIN}\n\nBert Quill", f"Bert Quill <{BERT}>", DESK)
    due.restrict(notice=due.answered(with_end(NOTICE, due.now + timedelta(days=60)), IDA), until=None)
    due.later(days=1)
    due.mail(f"{AGAIN}\n\nBert Quill", f"Bert Quill <{OTHER}>", DESK)
    assert OTHER in addresses(due, BERT) and due.held() == []


def restricted_beside_his_wife(due: Registry, her_words: str) -> str:
    """Bert is under a restriction, and Nell has written; gives the Message-ID of her mail."""
    due.restrict()
    return due.mail(f"{her_words}\n\nNell", WIFE, DESK)


def test_nobody_is_brought_under_a_restriction_with_an_open_safeguard_by_being_said_to_be_somebody_else(due: Registry) -> None:
    restricted_beside_his_wife(due, AGAIN)
    due.mail(WELFARE, WIFE, DESK)
    for who, other in ((BERT, WIFE), (WIFE, BERT)):
        with pytest.raises(Refused, match=f"bring {WIFE} under the restriction.*risk to welfare"):
            due.rule("same-person", who=who, others=frozenset({other}))
    with pytest.raises(Refused, match="cannot be set aside without a reason"):
        due.rule("same-person", others=frozenset({WIFE}), overrides=override("welfare", " "))
    assert due.held() == []
    due.rule("same-person", others=frozenset({WIFE}), overrides=override("welfare"))
    assert len(due.held()) == 1, "what she wrote of the danger stays in the inbox"


def test_only_a_decider_takes_back_that_two_are_not_one_where_it_brings_somebody_under_a_restriction(due: Registry) -> None:
    hers = restricted_beside_his_wife(due, AGAIN)
    due.rule("same-person", others=frozenset({WIFE}))
    assert due.held() == [hers]
    apart = due.rule("not-same-person", by=NOOR, others=frozenset({WIFE}))
    with pytest.raises(Refused, match="has not the role"):
        due.rule("undo", by=NOOR, about=apart.id)
    assert due.held() == []
    due.mail(WELFARE, WIFE, DESK)
    with pytest.raises(Refused, match="risk to welfare"):
        due.rule("undo", by=SAM, about=apart.id)


def test_a_restriction_decided_while_two_were_taken_for_one_stays_with_whom_it_was_about(due: Registry) -> None:
    due.mail(f"{AGAIN}\n\nNell", WIFE, DESK)
    due.rule("same-person", others=frozenset({WIFE}))
    due.restrict()
    hers, his = due.mail(f"{AGAIN}\n\nNell", WIFE, DESK), due.wrote(AGAIN)
    assert set(due.held()) == {hers, his}
    due.rule("not-same-person", by=NOOR, others=frozenset({WIFE}))
    assert due.held() == [his]
    assert [row["addresses"] for row in due.in_force()] == [[BERT]]
    due.conclude()
    assert {row["stage"] for row in due.ledger.conclusions().contacts if WIFE in row["addresses"]} == {"clear"}


def test_who_was_said_to_be_two_stays_two_though_a_third_address_joins_both(baths: Registry) -> None:
    first = baths.mail(f"{ASKED}\n\nBert Quill", BERT, DESK)
    assert first
    baths.mail(f"{AGAIN}\n\nBert Quill", OTHER, DESK)
    assert addresses(baths, BERT) == [OTHER, BERT]
    baths.rule("not-same-person", others=frozenset({OTHER}))
    third = "quill@post.example"
    baths.mail(f"{AGAIN}\n\nBert Quill", third, DESK)
    groups = {tuple(addresses(baths, one)) for one in (BERT, OTHER, third)}
    assert not any(BERT in group and OTHER in group for group in groups)


def test_nobody_of_ours_and_nobody_unknown_is_said_to_be_a_customer(baths: Registry) -> None:
    baths.wrote(ASKED)
    for other, said in ((NOOR, "is one of us"), ("nobody@strange.example", "there is no mail from")):
        with pytest.raises(Refused, match=said):
            baths.rule("same-person", others=frozenset({other}))
    with pytest.raises(Refused, match="name the other address"):
        baths.rule("same-person")


def test_closing_meets_the_safeguard_and_says_on_whose_word(baths: Registry) -> None:
    asked = baths.wrote(ASKED)
    baths.wrote(INSULT)
    assert "not_dealt_with" in baths.open_gates()
    with pytest.raises(Refused, match="say in a few words what was done"):
        baths.rule("close", by=NOOR, reason="done", mails=(key(baths, asked),))
    baths.rule("close", by=NOOR, reason="I gave him the new key at the desk", mails=(key(baths, asked),))
    assert "not_dealt_with" not in baths.open_gates()
    row = matter_of(baths, asked)
    assert row["state"] == "closed" and "I gave him the new key" in str(row["answer_words"]) and not row["waiting_since"]
    checks = next(each["checks"] for each in baths.ledger.conclusions().contacts)
    assert NOOR in next(each["words"] for each in checks if each["name"] == "not_dealt_with")


def test_what_comes_after_a_closing_waits_for_an_answer_and_reopening_owes_one(baths: Registry) -> None:
    asked = baths.wrote(ASKED)
    baths.rule("close", by=NOOR, reason="I gave him the new key", mails=(key(baths, asked),))
    baths.wrote("The new key does not fit locker 88. Could you send me another one?")
    assert matter_of(baths, asked)["waiting_since"]
    baths.rule("reopen", by=SAM, mails=(key(baths, asked),))
    assert matter_of(baths, asked)["state"] == "open" and "not_dealt_with" in baths.open_gates()
    baths.answered(ANSWERED)
    assert matter_of(baths, asked)["state"] != "open", "an answer that came after it counts"
    assert "not_dealt_with" not in baths.open_gates()


def test_a_mail_that_was_split_off_takes_its_answers_with_it_and_can_be_put_back(baths: Registry) -> None:
    asked = baths.wrote(ASKED)
    again = baths.wrote(AGAIN)
    assert matter_of(baths, asked)["id"] == matter_of(baths, again)["id"]
    with pytest.raises(Refused, match="nothing to part it from"):
        baths.rule("split", by=NOOR, mails=(key(baths, asked),))
    baths.rule("split", by=NOOR, mails=(key(baths, again),))
    reply = baths.answered(ANSWERED)
    assert matter_of(baths, asked)["id"] != matter_of(baths, again)["id"]
    assert matter_of(baths, again)["answers"] == [reply] and matter_of(baths, asked)["state"] == "open"
    baths.rule("rejoin", by=NOOR, mails=(key(baths, again),))
    assert matter_of(baths, asked)["id"] == matter_of(baths, again)["id"]


def test_less_lowers_the_step_for_these_mails_and_not_for_what_comes_later(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    rude = [baths.wrote(INSULT), baths.wrote(MORE)]
    assert baths.stage() == "warn"
    baths.rule("less", by=NOOR, about="warn", mails=tuple(key(baths, one) for one in rude))
    assert baths.stage() == "watch"
    baths.wrote(INSULT + " You rotten, useless cretins.")
    baths.wrote(MORE + " You pathetic imbeciles.")
    assert baths.stage() == "warn"


def test_an_undone_decision_counts_for_nothing_and_stays_on_record(baths: Registry) -> None:
    asked = baths.wrote(ASKED)
    closed = baths.rule("close", by=NOOR, reason="I gave him the new key", mails=(key(baths, asked),))
    baths.rule("undo", by=NOOR, about=closed.id)
    assert matter_of(baths, asked)["state"] == "open"
    every = rulings(baths.ledger)
    assert [one.act for one in every] == ["close", "undo"] and in_effect(every) == ()
    with pytest.raises(Refused, match="nothing left to take back"):
        baths.rule("undo", by=NOOR, about=closed.id)
    with pytest.raises(Refused, match="nothing left to take back"):
        baths.rule("undo", by=NOOR, about="")


def test_a_recorded_warning_is_not_taken_back_but_decided_anew(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    baths.wrote(INSULT)
    warned = baths.rule("warn", by=IDA, notice="file letter.pdf sha256:00", told=baths.now)
    with pytest.raises(Refused, match="only decided anew"):
        baths.rule("undo", by=IDA, about=warned.id)


def test_the_last_word_on_a_pair_of_addresses_counts(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.mail("Can I book lane three?", WIFE, DESK, subject="Lane three")
    for act, same in (("same-person", True), ("not-same-person", False), ("same-person", True)):
        baths.rule(act, others=frozenset({WIFE}))
        assert (ties(rulings(baths.ledger)).same == {frozenset({BERT, WIFE})}) is same
        assert (WIFE in addresses(baths, BERT)) is same
