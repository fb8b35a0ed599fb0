"""What a decision must have before it is recorded, and what follows once it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.rulings.registry import (
    AGAIN,
    ASKED,
    BERT,
    ENDLESS,
    IDA,
    INSULT,
    NOOR,
    NOTICE,
    RIGHTS,
    SAM,
    WARNING,
    WELFARE,
    Registry,
    registry,
    with_end,
)
from triage.deciding import Refused
from triage.errors import Permanent
from triage.record import rulings

PARTY = "I would like to book lane three for my daughter's birthday party on 20 June. What does it cost, and can we bring our own cake?"


def faults(refused: pytest.ExceptionInfo[Refused]) -> str:
    return "\n".join(refused.value.faults)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"by": "stranger@inlook.example"}, "is none of us"),
        ({"by": NOOR}, "has not the role; under [deciders] restrict stand ida.holt"),
        ({"reason": " "}, "a reason is missing"),
        ({"circumstances": ""}, "the circumstances are missing"),
        ({"until": None}, "an end is missing"),
        ({"until": "yesterday"}, "lies in the past or before the start"),
        ({"until": "in three years"}, "is too far off; the longest is 365 days"),
        ({"notice": ""}, "no proof that they were told"),
        ({"notice": "<nobody@marlow.example>"}, "is no letter of ours to them in Sent"),
        ({"notice": "file l.pdf sha256:0", "told": "tomorrow"}, "they were not told yet"),
        ({"notice": "", "safety_reason": "he is angry"}, "only where somebody's safety is at stake"),
        ({"matters": ("m-none",)}, "no matter of theirs has the id m-none"),
        ({"reader": BERT}, "which of us reads the mail"),
        ({"kind": "limited-subjects"}, "which subjects it is limited to"),
        ({"kind": "number-per-period"}, "how many mails in how many days"),
        ({"start": "yesterday"}, "it cannot begin before they were told"),
        ({"vexatious": ("malice=he said so",)}, "nothing is vexatious that is not frivolous"),
        ({"frivolous": ("silly=yes",)}, "write one of cause, merit, trivial"),
        ({"ground": "non-payment"}, "a dispute about money is no conduct"),
    ],
)
def test_a_restriction_that_lacks_something_is_refused_with_what_is_missing(
    due: Registry, changed: dict[str, object], said: str
) -> None:
    days = {"yesterday": -1, "tomorrow": 1, "in three years": 1100}
    given = {key: due.now + timedelta(days=days[value]) if value in days else value for key, value in changed.items()}  # type: ignore[index]
    with pytest.raises(Refused) as refused:
        due.restrict(**given)
    assert said in faults(refused)
    assert due.in_force() == [] and rulings(due.ledger) == ()


def test_every_fault_is_told_at_once(due: Registry) -> None:
    with pytest.raises(Refused) as refused:
        due.restrict(by=NOOR, reason="", until=None)
    assert len(refused.value.faults) == 3


def test_nobody_can_be_restricted_for_nothing(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    with pytest.raises(Refused, match="nothing was found that it could rest on"):
        baths.restrict()


def test_two_insults_call_for_a_warning_and_not_for_a_restriction(baths: Registry) -> None:
    baths.until_warned()
    with pytest.raises(Refused, match="the next step would be a warning, not a restriction"):
        baths.restrict()


def test_a_code_that_gives_nobody_the_power_to_restrict_is_kept_to(tmp_path: Path) -> None:
    with registry(tmp_path, "caraway") as caraway:
        caraway.until_due()
        with pytest.raises(Refused, match="gives nobody the power to restrict"):
            caraway.restrict()


def test_without_named_deciders_nobody_can_restrict(due: Registry) -> None:
    path = due.folder / "settings.ini"
    path.write_text(path.read_text().replace("restrict = ida.holt@marlow.example, sam.reyes@marlow.example\n", ""))
    from triage.settings import load

    due.settings = load(path)
    with pytest.raises(Refused, match=r"write restrict = their address under \[deciders\]"):
        due.restrict()


def test_a_recorded_restriction_holds_the_mail_it_covers_and_lapses_on_its_date(due: Registry) -> None:
    due.restrict()
    again = due.wrote(AGAIN)
    assert due.stage() == "held" and due.held() == [again]
    due.later(days=61)
    assert due.stage() == "watch" and due.held() == [] and due.in_force() == []


@pytest.mark.parametrize("body", [WELFARE, RIGHTS, "There is a strong smell of gas by locker 88."])
def test_what_must_reach_a_person_leaves_a_recorded_hold_at_once(due: Registry, body: str) -> None:
    due.restrict()
    assert due.wrote(body) not in due.held()


def test_a_new_matter_leaves_a_recorded_hold_at_once(due: Registry) -> None:
    due.restrict()
    new = due.wrote(PARTY, subject="Birthday party in lane three")
    assert new not in due.held()


def test_it_says_what_it_would_mean_before_it_is_decided(baths: Registry) -> None:
    baths.until_due()
    baths.wrote(PARTY, subject="Birthday party in lane three")
    kept = baths.restrict(overrides=())
    assert kept.impact[0] == "Birthday party in lane three (OPEN: work on it would stop)"
    assert "Key for locker 88 (dealt with)" in kept.impact


def test_a_letter_in_sent_is_completed_by_the_record_of_who_decided_and_why(due: Registry) -> None:
    end = due.now + timedelta(days=90)
    letter = due.answered(with_end(NOTICE, end), IDA)
    (before,) = due.in_force()
    assert before["recorded"] == "" and any("who decided and why is not recorded" in gap for gap in before["gaps"])
    due.restrict(notice=letter, until=None)
    (after,) = due.in_force()
    assert after["id"] == before["id"] and after["reason"] == "he went on insulting us" and after["gaps"] == []
    assert after["until"] == before["until"]


def test_a_letter_cannot_be_recorded_as_longer_than_it_told_nor_twice(due: Registry) -> None:
    end = due.now + timedelta(days=30)
    letter = due.answered(with_end(NOTICE, end), IDA)
    with pytest.raises(Refused, match="cannot be recorded as longer"):
        due.restrict(notice=letter, until=due.now + timedelta(days=200))
    due.restrict(notice=letter, until=None)
    with pytest.raises(Refused, match="is recorded already"):
        due.restrict(notice=letter, until=None)


def test_an_old_letter_brings_no_restriction_back(due: Registry) -> None:
    letter = due.answered(with_end(NOTICE, due.now + timedelta(days=30)), IDA)
    due.later(days=40)
    with pytest.raises(Refused, match="a new one needs a new letter"):
        due.restrict(notice=letter, until=due.now + timedelta(days=30))
    assert due.in_force() == []


def test_a_letter_that_names_no_end_lapses_after_the_usual_time_and_says_so(due: Registry) -> None:
    due.answered(ENDLESS, IDA)
    (row,) = due.in_force()
    assert row["end_named"] is False and any("names no end: it lapses after the usual 90 days" in gap for gap in row["gaps"])
    due.later(days=91)
    assert due.in_force() == []


def test_a_letter_sent_while_a_safeguard_was_open_says_which(baths: Registry) -> None:
    baths.until_due()
    baths.wrote(WELFARE)
    baths.answered(with_end(NOTICE, baths.now + timedelta(days=30)), IDA)
    (row,) = baths.in_force()
    assert any("a safeguard was open: a mail speaks of a risk to welfare" in gap for gap in row["gaps"])


def test_an_answer_is_no_notice(due: Registry) -> None:
    with pytest.raises(Refused, match="does not tell of a restriction"):
        due.restrict(notice=due.sent[0])


def test_a_restriction_is_lifted_by_somebody_with_the_role_and_the_mail_comes_back(due: Registry) -> None:
    kept = due.restrict()
    due.wrote(AGAIN)
    with pytest.raises(Refused, match="has not the role"):
        due.rule("lift", by=NOOR)
    due.rule("lift", by=SAM, reason="he has apologised")
    assert due.held() == [] and due.in_force() == []
    with pytest.raises(Refused, match="it cannot be brought back"):
        due.rule("renew", about=f"r-{kept.id[:8]}", until=due.now + timedelta(days=30), notice="file l sha256:0", told=due.now)


def test_it_is_renewed_only_near_its_end_by_a_decision_of_its_own(due: Registry) -> None:
    due.restrict(until=due.now + timedelta(days=60))
    proof = {"notice": "file renewal.pdf sha256:00", "told": due.now}
    with pytest.raises(Refused, match="its review begins on"):
        due.rule("renew", until=due.now + timedelta(days=120), **proof)
    due.later(days=50)
    with pytest.raises(Refused, match="no proof that they were told"):
        due.rule("renew", until=due.now + timedelta(days=60))
    due.rule("renew", until=due.now + timedelta(days=60), **proof)
    due.later(days=20)
    assert due.stage() == "held"
    due.later(days=45)
    assert due.in_force() == []


def test_an_appeal_is_decided_by_somebody_who_had_no_part_in_it(due: Registry) -> None:
    due.restrict(by=IDA)
    due.rule("appeal", by=NOOR, reason="he says the words were not his", received=due.now)
    with pytest.raises(Refused, match="an appeal is decided by somebody else"):
        due.rule("appeal-decided", by=IDA, outcome="refused")
    with pytest.raises(Refused, match="an appeal can only shorten"):
        due.rule("appeal-decided", by=SAM, outcome="varied", until=due.now + timedelta(days=300))
    due.rule("appeal-decided", by=SAM, outcome="allowed", reason="the first mail was not his")
    assert due.in_force() == []


def test_an_appeal_can_shorten_it(due: Registry) -> None:
    due.restrict()
    due.rule("appeal-decided", by=SAM, outcome="varied", until=due.now + timedelta(days=5), reason="too long")
    due.later(days=6)
    assert due.in_force() == []


def test_a_warning_by_post_counts_from_the_day_it_was_given(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    baths.wrote(INSULT)
    baths.wrote(INSULT + " All of you.")
    with pytest.raises(Refused, match="no proof that they were warned"):
        baths.rule("warn", by=NOOR)
    baths.rule("warn", by=NOOR, notice="file warning.pdf sha256:00", told=baths.now)
    baths.later(days=2)
    baths.wrote(INSULT + " Still.")
    assert baths.stage() == "restrict"


def test_a_warning_is_not_recorded_on_the_strength_of_another_letter(baths: Registry) -> None:
    baths.until_warned()
    with pytest.raises(Refused, match="gives no warning"):
        baths.rule("warn", notice=baths.sent[0])


def test_an_incident_on_the_telephone_after_a_warning_is_a_ground(baths: Registry) -> None:
    baths.until_warned()
    baths.later(days=1)
    incident = baths.incident()
    assert incident.clause == "004/UB1c"
    baths.restrict(grounds=(incident.id[:12],))
    assert baths.stage() == "held"


def test_an_incident_needs_a_reporter_of_ours_words_and_a_kind(baths: Registry) -> None:
    baths.wrote(ASKED)
    with pytest.raises(Refused) as refused:
        baths.incident("rudeness", "")
    assert "there is no kind rudeness" in faults(refused) and "--words says" in faults(refused)


def test_a_decision_to_do_nothing_is_kept_and_changes_nothing(due: Registry) -> None:
    before = due.stage()
    due.rule("no-action", by=NOOR, reason="he is difficult, and that is all")
    assert due.stage() == before
    assert [one.act for one in rulings(due.ledger)] == ["no-action"]


def test_a_referral_says_where_it_was_taken(due: Registry) -> None:
    with pytest.raises(Refused, match="say where it was taken"):
        due.rule("refer")
    assert due.rule("refer", to="police").to == "police"


def test_the_end_of_a_service_keeps_conduct_and_money_apart(baths: Registry) -> None:
    baths.wrote(ASKED)
    proof = {"notice": "file end.pdf sha256:00", "told": baths.now, "circumstances": "three invoices are unpaid"}
    with pytest.raises(Refused, match="a safeguard is open"):
        baths.rule("terminate", **proof)
    kept = baths.rule("terminate", ground="non-payment", reason="unpaid since January", **proof)
    assert kept.ground == "non-payment" and baths.stage() == "clear"


def test_it_binds_only_the_addresses_that_were_known(due: Registry) -> None:
    due.restrict()
    other = due.mail(AGAIN + "\n\nBert Quill", "b.quill@post.example", "desk@marlow.example")
    assert other not in due.held()


def test_two_mails_a_week_are_answered_and_the_third_is_held(due: Registry) -> None:
    due.restrict(kind="number-per-period", number=2, days=7)
    mails = [due.wrote(f"{AGAIN} For the {word} time.") for word in ("first", "second", "third")]
    assert due.held() == [mails[2]]
    due.later(days=8)
    assert due.wrote(AGAIN + " Next week.") not in due.held()


def test_some_kinds_move_no_mail(due: Registry) -> None:
    due.restrict(kind="written-only")
    due.wrote(AGAIN)
    assert due.stage() == "held" and due.held() == []


def test_nobody_is_meant_by_an_unknown_address_or_id(due: Registry) -> None:
    with pytest.raises(Permanent, match="no mail from or to"):
        due.rule("no-action", who="nobody@post.example")
    with pytest.raises(Permanent, match="there is no contact"):
        due.rule("no-action", who="c-000000000000")
    due.conclude()
    assert due.rule("no-action", who=due.ledger.conclusions().contacts[0]["id"]).act == "no-action"


def test_the_journal_holds_no_words_and_no_address_of_the_contact(due: Registry) -> None:
    due.restrict()
    (entry,) = due.ledger.entries(kinds=("ruling",))
    assert BERT not in repr(entry.subject) and "insulting" not in repr(entry.subject)
    assert entry.actor == IDA and due.ledger.verify_journal() is None


def test_a_paper_that_was_changed_is_found_out(due: Registry) -> None:
    kept = due.restrict()
    with due.ledger._writing() as connection:
        connection.exec_driver_sql("UPDATE papers SET payload = replace(payload, 'insulting', 'praising')")
    with pytest.raises(Permanent, match=f"the paper {kept.id[:12]} in the ledger was changed"):
        rulings(due.ledger)


def test_an_erased_paper_leaves_the_entry_and_ends_what_it_did(due: Registry) -> None:
    kept = due.restrict()
    due.ledger.erase_papers([kept.id])
    assert rulings(due.ledger) == () and due.ledger.verify_journal() is None


def test_a_dry_run_writes_nothing(due: Registry) -> None:
    from triage.deciding import rule
    from triage.ruling import Ruling

    told = Ruling("no-action", due.now, NOOR, "only looking", frozenset())
    rule(told, BERT, due.ledger, due.settings, dry=True)
    assert rulings(due.ledger) == ()


def test_a_decision_survives_the_program_and_is_acted_upon_when_it_starts_again(due: Registry) -> None:
    due.restrict()
    due.reopened()
    again = due.wrote(AGAIN)
    assert due.held() == [again]


def test_a_warning_of_ours_moves_them_without_any_command(baths: Registry) -> None:
    baths.until_warned()
    assert baths.sent and WARNING
    baths.later(days=1)
    baths.wrote(INSULT + " Once more.")
    assert baths.stage() == "restrict"


def test_a_letter_whose_restriction_an_appeal_has_shortened_is_recorded_with_the_shorter_end(due: Registry) -> None:
    notice = due.answered(with_end(NOTICE, due.now + timedelta(days=60)), IDA)
    (one,) = due.in_force()
    shorter = due.now + timedelta(days=20)
    due.rule("appeal-decided", by=SAM, about=one["id"], outcome="varied", until=shorter)
    recorded = due.restrict(notice=notice, until=None)
    assert recorded.until == shorter and due.in_force()[0]["until"] == shorter.isoformat()
