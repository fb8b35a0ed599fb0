"""The drafts of letters: what they say, and that each is known again for what it is when somebody has sent it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from mailstate import mails
from office import Office, run
from sample import NOW as LARCHMERE_NOW
from sample import restriction
from servers import Server

from tests.rulings.registry import (
    ADJUSTMENT,
    AGAIN,
    ANSWERED,
    APPEAL,
    ASKED,
    BERT,
    DESK,
    IDA,
    INSULT,
    MORE,
    NOOR,
    SAM,
    WARNING,
    WELFARE,
    Registry,
)
from triage import staff_reading
from triage.answer import StaffAct
from triage.correspondence import Terms, draft
from triage.deciding import Refused
from triage.errors import Permanent
from triage.letter import KINDS, compose
from triage.message import Message
from triage.ruling import Kind as Measure


def drafted(baths: Registry, kind: str, **rest: object) -> str:
    return draft(kind, BERT, baths.ledger, baths.settings, baths.now, signed="Ida Holt", **rest).body  # type: ignore[arg-type]


def sent(baths: Registry, kind: str, **rest: object) -> StaffAct:
    """What the notice readers make of the letter once it lies in Sent."""
    message_id = baths.answered(drafted(baths, kind, **rest), IDA)
    (message,) = baths.ledger.messages(baths.ledger.keys_by_message_id(message_id))
    assert isinstance(message, Message)
    return staff_reading.read(message, [])


def nothing(act: StaffAct) -> bool:
    return not (act.warning or act.stop or act.restriction or act.lifted or act.appeal_decided)


def test_a_warning_of_ours_is_known_again_and_counts_from_there(due: Registry) -> None:
    act = sent(due, "warning")
    assert act.warning and not (act.restriction or act.stop or act.lifted or act.answer)


def test_a_letter_that_explains_what_is_expected_is_no_warning_and_no_restriction_follows_from_it(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    baths.wrote(INSULT)
    baths.wrote(MORE)
    assert "This letter is not a warning." in drafted(baths, "expectations") and nothing(sent(baths, "expectations"))
    baths.later(days=1)
    baths.wrote(INSULT + " Again.")
    assert baths.stage() == "warn" and "not_warned" in baths.open_gates()


def test_it_quotes_the_words_with_their_day_and_the_clause_and_asks_after_reasons(due: Registry) -> None:
    body = drafted(due, "warning")
    assert 'March 2026: "You stupid, worthless idiots' in body
    assert "(004/UB1c): No rude or improper words." in body
    assert "an illness, a disability" in body
    assert body.startswith("Dear Sir or Madam,") and body.endswith("Ida Holt\nMarlow Baths\n")


def test_it_bears_the_name_of_an_earlier_mail_when_the_last_one_has_none(due: Registry) -> None:
    due.mail(INSULT, f"Bert Quill <{BERT}>", DESK)
    due.wrote(INSULT + " Once more.")
    assert drafted(due, "warning").startswith("Dear Bert Quill,")


def test_a_restriction_is_drafted_with_a_safeguard_open_only_when_it_is_set_aside_by_name(due: Registry) -> None:
    due.wrote(ADJUSTMENT)
    with pytest.raises(Permanent, match=r"adjustment was asked for \(adjustment\).*--override SAFEGUARD=REASON"):
        drafted(due, "restriction")
    with pytest.raises(Permanent, match="--override"):
        drafted(due, "restriction", aside={"welfare"})
    assert "we will not reply to emails" in drafted(due, "restriction", aside={"adjustment"})


def test_our_own_part_stands_before_the_words_they_are_warned_for(baths: Registry) -> None:
    baths.wrote("Please send me the key for locker 88.")
    baths.wrote("You stupid, worthless idiots. You pathetic morons.")
    baths.wrote("Are you too thick to read, you useless cretins?")
    body = drafted(baths, "warning")
    assert body.index("an answer from us is still owed") < body.index("These are the words we mean")


def test_a_letter_about_many_mails_names_them_and_asks_nobody_to_be_polite(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    baths.wrote(AGAIN)
    baths.answered(ANSWERED + "\n\nThis is final.")
    baths.wrote(AGAIN)
    body = drafted(baths, "expectations")
    assert "These are the emails we mean, and what they ask" in body and "the words we mean" not in body
    assert "politely" not in body and "it takes our staff's time away" in body


def test_a_restriction_of_ours_is_known_again_with_its_end_subject_and_appeal(due: Registry) -> None:
    until = due.now + timedelta(days=45)
    act = sent(due, "restriction", reason="The insults went on after our warning.", until=until)
    assert act.restriction is not None and act.restriction.until is not None
    assert act.restriction.until.date() == until.date()
    assert "locker 88" in act.restriction.subject and act.restriction.appeal_offered
    assert not act.warning and not act.lifted and not act.appeal_decided


def test_once_sent_it_is_in_force_and_can_be_recorded(due: Registry) -> None:
    sent(due, "restriction", reason="The insults went on after our warning.", until=due.now + timedelta(days=45))
    assert due.stage() == "held"
    due.restrict(notice=due.sent[-1], until=None)
    assert due.in_force()[0]["gaps"] == []


def test_it_names_the_end_the_review_the_appeal_and_the_way_that_stays_open(due: Registry) -> None:
    body = drafted(due, "restriction", reason="The insults went on.", until=due.now + timedelta(days=45))
    for words in (
        "We will look at this restriction again on",
        "It ends on",
        "You may appeal against this decision until",
        "any legal right of yours",
        "Somebody still reads",
    ):
        assert words in body
    assert "Why we decided so: The insults went on." in body


@pytest.mark.parametrize("kind", ["one-reader", "written-only", "representative-only", "number-per-period"])
def test_every_kind_of_restriction_is_told_in_its_own_words(due: Registry, kind: str) -> None:
    due.restrict(kind=kind, number=2, days=7, reader=NOOR)
    act = sent(due, "restriction", reason="The insults went on.")
    assert act.restriction is not None and act.restriction.until is not None


@pytest.mark.parametrize(
    ("kind", "held"),
    [("no-reply", 3), ("number-per-period", 1), ("written-only", 0), ("one-reader", 0), ("representative-only", 0)],
)
def test_a_letter_alone_does_what_it_says_and_no_more(due: Registry, kind: Measure, held: int) -> None:
    terms = Terms(kind, 2, 7, NOOR)
    act = sent(due, "restriction", reason="The insults went on.", until=due.now + timedelta(days=45), terms=terms)
    assert act.restriction is not None and act.restriction.kind == kind
    due.later(days=1)
    for number in range(3):
        due.wrote(f"{AGAIN} Number {number}.")
    assert len(due.held()) == held
    (row,) = due.restrictions()
    assert row["kind"] == kind and row["in_force"]
    with due.ledger.scratch_copy() as ledger:
        told = [one["kind"] for one in ledger.conclusions().findings if one["kind"] == "after_stop"]
    assert len(told) == (3 if kind == "no-reply" else 0)  # who may write was not asked to stop


def test_what_a_letter_told_is_not_recorded_as_harsher(due: Registry) -> None:
    due.answered(drafted(due, "restriction", reason="The insults went on.", terms=Terms("written-only")), IDA)
    with pytest.raises(Refused, match="say so with --kind written-only"):
        due.restrict(notice=due.sent[-1], until=None)
    due.restrict(notice=due.sent[-1], until=None, kind="written-only")
    assert due.in_force()[0]["kind"] == "written-only"


def test_what_a_letter_told_in_numbers_is_not_recorded_as_fewer(due: Registry) -> None:
    due.answered(drafted(due, "restriction", reason="The insults went on.", terms=Terms("number-per-period", 2, 7)), IDA)
    with pytest.raises(Refused, match="2 mails in 7 days; it cannot be recorded as fewer"):
        due.restrict(notice=due.sent[-1], until=None, kind="number-per-period", number=1, days=7)
    due.restrict(notice=due.sent[-1], until=None, kind="number-per-period", number=2, days=7)


def test_the_kind_of_a_restriction_is_chosen_when_its_letter_is_drafted(due: Registry) -> None:
    order = ("letter", "restriction", BERT, "--settings", str(due.folder / "settings.ini"), "--now", due.now.isoformat())
    assert "you may only contact us in writing" in run(*order, "--kind", "written-only").output
    assert (
        "you may only write to noor.amin@marlow.example, who alone"
        in run(*order, "--kind", "one-reader", "--reader", NOOR).output
    )
    assert "only answer 2 emails in 7 days" in run(*order, "--kind", "number-per-period", "--number", "2", "--days", "7").output
    assert run(*order, "--kind", "banned").status == 78


def test_a_warning_says_how_long_it_counts_where_the_policy_is_and_who_looks_again(due: Registry) -> None:
    body = drafted(due, "warning")
    for words in (
        "after a year it counts no more",
        "somebody who did not write it will look at it again",
        "read the policy, ask us",
    ):
        assert words in body


def test_whoever_is_restricted_is_asked_what_makes_it_hard_and_told_what_we_owe(baths: Registry) -> None:
    baths.wrote("Please send me the key for locker 88.")
    baths.wrote(INSULT)
    baths.wrote(MORE)
    baths.answered(WARNING, IDA)
    baths.later(days=1)
    baths.wrote(INSULT + " Again.")
    body = drafted(baths, "restriction", aside={"not_dealt_with"})
    assert "an illness, a disability or anything else makes this hard for you" in body
    assert "an answer from us is still owed; that is our fault" in body


def test_the_letter_after_a_restriction_has_run_out_says_that_it_has_and_lifts_none(due: Registry) -> None:
    due.restrict(until=due.now + timedelta(days=30))
    assert drafted(due, "ending").count("We have lifted the restriction") == 1
    due.later(days=40)
    body = drafted(due, "ending")
    assert "ended on" in body and "lifted" not in body and "we would first write to you about it" in body


def test_the_end_of_a_service_over_conduct_waits_for_the_safeguards_and_gives_the_words(due: Registry) -> None:
    body = drafted(due, "termination", terms=Terms(ground="conduct"))
    assert 'March 2026: "You stupid, worthless idiots' in body and "(004/UB1c)" in body and "On 5 March 2026 we asked you" in body
    due.wrote(WELFARE)
    for terms in (Terms(), Terms(ground="conduct")):
        with pytest.raises(
            Permanent, match=r"no termination is drafted while a safeguard is open: .*\(welfare\).*--why non-payment"
        ):
            drafted(due, "termination", terms=terms)
    money = drafted(due, "termination", terms=Terms(ground="non-payment"))
    assert "fees that are unpaid" in money and "idiots" not in money and "asked you to change" not in money


def test_the_outcome_of_an_appeal_names_the_appeal_by_its_day(due: Registry) -> None:
    due.restrict()
    due.wrote(APPEAL)
    due.rule("appeal-decided", by=SAM, outcome="refused", reason="we looked again")
    assert f"your appeal of {due.now.day} March 2026" in drafted(due, "appeal-outcome")


def test_the_letter_before_a_review_changes_nothing(due: Registry) -> None:
    kept = due.restrict()
    assert nothing(sent(due, "review"))
    assert due.in_force()[0]["id"] == f"r-{kept.id[:8]}"


def test_the_letter_that_ends_it_ends_it(due: Registry) -> None:
    due.restrict()
    act = sent(due, "ending")
    assert act.lifted and not act.restriction
    assert due.in_force() == []


@pytest.mark.parametrize(("outcome", "ends"), [("allowed", True), ("varied", False), ("refused", False)])
def test_the_outcome_of_an_appeal_is_known_again(due: Registry, outcome: str, ends: bool) -> None:
    due.restrict()
    until = due.now + timedelta(days=20) if outcome == "varied" else None
    due.rule("appeal-decided", by=SAM, outcome=outcome, reason="we looked again", until=until)
    act = sent(due, "appeal-outcome", reason="We looked again.", until=until)
    assert act.appeal_decided and not act.warning
    assert bool(act.lifted) is ends
    assert bool(due.in_force()) is not ends


@pytest.mark.parametrize("kind", ["mediation", "termination"])
def test_an_offer_to_talk_and_the_statement_at_the_end_restrict_nobody(due: Registry, kind: str) -> None:
    assert nothing(sent(due, kind, until=due.now + timedelta(days=30), reason="Three invoices are unpaid."))


def test_the_statement_lists_every_dealing_by_mail_and_leaves_the_money_to_people(due: Registry) -> None:
    body = drafted(due, "termination", until=due.now + timedelta(days=30))
    assert "2 March 2026, from you: Key for locker 88" in body and ", from us: Key for locker 88" in body
    assert 'Fees up to that date: [please fill in the amount, or "none"]' in body


def test_the_checklist_for_the_police_is_for_ourselves_only(due: Registry) -> None:
    one = draft("police-referral", BERT, due.ledger, due.settings, due.now)
    assert one.to == "" and "goes to nobody by itself" in one.body and "triage refer" in one.body
    assert b"To: desk@marlow.example" in compose(one, mailbox="desk@marlow.example", now=due.now)


def test_the_subject_of_a_letter_says_nothing_of_conduct(due: Registry) -> None:
    one = draft("warning", BERT, due.ledger, due.settings, due.now)
    assert one.subject == "Re: Key for locker 88"
    raw = compose(one, mailbox="desk@marlow.example", now=due.now).decode()
    head = raw.partition("\r\n\r\n")[0].lower()
    assert "warning" not in head and "triage" not in head and "in-reply-to" in head


def test_a_letter_about_a_restriction_needs_one(baths: Registry) -> None:
    baths.wrote("Please send me the key for locker 88.")
    for kind in ("review", "ending", "appeal-outcome"):
        with pytest.raises(Permanent, match="no restriction of"):
            drafted(baths, kind)


def test_every_kind_of_letter_can_be_drafted(due: Registry) -> None:
    due.restrict()
    due.rule("appeal-decided", by=SAM, outcome="refused", reason="we looked again")
    assert all(len(drafted(due, kind)) > 100 for kind in KINDS)


def test_the_outcome_of_an_appeal_is_told_only_when_there_is_one_and_with_its_own_reason(due: Registry) -> None:
    due.restrict()
    with pytest.raises(Permanent, match=r"no appeal of .* was decided yet"):
        drafted(due, "appeal-outcome")
    due.rule("appeal-decided", by=SAM, outcome="refused", reason="we read all of it once more")
    assert "Why: we read all of it once more" in drafted(due, "appeal-outcome")


def test_who_has_our_answer_is_not_told_that_it_is_still_to_come(due: Registry) -> None:
    body = drafted(due, "warning")
    assert "You have our answer of 3 March 2026" in body and "still being dealt with" not in body
    assert "It is about your email of 6 March 2026" in body


def test_no_day_is_made_up_for_the_end_of_a_service(due: Registry) -> None:
    assert "Our service to you ends on [please fill in]" in drafted(due, "termination")


def test_a_draft_is_laid_into_drafts_and_never_sent(dovecot_server: Server, user: str, tmp_path: Path) -> None:
    office = Office(dovecot_server, tmp_path, user).open()
    office.receive(*restriction())
    office.once()
    before = [one.message_id for one in mails(dovecot_server, user, "Sent")]
    said = office.run("letter", "warning", "vance.kettle@inlook.example", "--draft", "--now", LARCHMERE_NOW.isoformat())
    assert said.status == 0 and "nothing was sent" in said.output, said
    (one,) = mails(dovecot_server, user, "Drafts")
    assert "\\Draft" in one.flags
    with dovecot_server.client(user) as client:
        client.select("Drafts", readonly=True)
        (raw,) = (part[1] for part in client.fetch("1", "(BODY.PEEK[])")[1] if isinstance(part, tuple))
    assert b"This is a formal warning" in raw and b"To: vance.kettle@inlook.example" in raw
    assert [one.message_id for one in mails(dovecot_server, user, "Sent")] == before
