"""Each clause that names a kind of conduct or protection: a short invented exchange in which it shows, what is found, under which clause."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import timedelta
from functools import cache

import pytest
from turns import CUSTOMER, DESK, LENA, OTTO, OURS, RHEA, START, mail

from triage import policy
from triage.conclusion import Conclusion, Ground, conclude
from triage.decision import counts
from triage.explanation import NAMES, evidence, our_part, seen
from triage.finding import Finding
from triage.message import Message
from triage.policy import Clause, Pack
from triage.service_standard import ServiceStandard

ASKED = "Please exchange the pump number 4471 for me, because it hums. I bought it in March."
NO = "Dear Gus,\n\nThe pump number 4471 is not faulty: the hum is normal at full load. We therefore do not exchange it.\n\nLena Voss"
NO_AGAIN = (
    "Dear Gus,\n\nWe have looked at the pump number 4471 again. It is not faulty because the hum is normal at full load, so we cannot "
    "exchange it. This decision is final.\n\nOtto Brand"
)


def exchange(*lines: tuple[str, str]) -> list[Message]:
    """Who wrote what, a day apart, in one thread; "them", or one of us."""
    found = []
    for day, (who, words) in enumerate(lines):
        if who == "them":
            found.append(mail(words, day))
        elif who.startswith("them to "):
            found.append(mail(words, day, to=(who.removeprefix("them to "),)))
        else:
            found.append(mail(words, day, who, to=(CUSTOMER,)))
    return found


def once(words: str) -> list[Message]:
    return exchange(("them", ASKED), (LENA, NO), ("them", words))


COURSES: dict[str, list[Message]] = {
    "threat": once("Exchange the pump or I will come round and break your legs."),
    "abuse": once("You are a stupid, worthless idiot, Lena."),
    "profanity": once("You fucking arseholes, exchange the bloody pump."),
    "harassment": once("I know where you live, Lena, and which school your children go to. Think about that before you say no again."),
    "sexual": once("Send me a photo of yourself in your underwear, Lena, and I may forget about the pump. You have a sexy voice."),
    "discrimination": once("I refuse to deal with a Pakistani. People like her should go back to where they came from."),
    "hostile_tone": once("Congratulations on another masterpiece, slow clap. Thanks for nothing, as usual. Bravo 👏👏👏"),
    "allegation": once("Lena took a bribe from the manufacturer. She is corrupt and a thief and covers it up."),
    "illegal": once("I have a gun in the car and will bring it to your shop tomorrow."),
    "off_topic": once("Here is my favourite recipe for plum cake and a joke about a parrot. Also vote for my band in the contest."),
    "urgent_demand": once("I demand a reply within ten minutes. Answer me immediately."),
    "unreasonable_demand": exchange(
        ("them", ASKED), (LENA, NO), ("them", "I insist that you exchange the pump 4471 all the same. I will accept nothing else."), (OTTO, NO_AGAIN),
        ("them", "I do not accept that. I demand that you exchange the pump 4471 and I will not accept anything else."),
    ),
    "named_staff": exchange(
        ("them", ASKED),
        (LENA, "Dear Gus,\n\nI am on another team now. My colleague Otto Brand can deal with the pump for you; please write to him.\n\nLena Voss"),
        ("them", "I will only deal with Lena Voss and nobody else. I refuse to speak to Otto."),
    ),
    "process_refusal": exchange(
        ("them", ASKED),
        (LENA, "Dear Gus,\n\nWe do not exchange it. If you disagree, please use our complaints procedure: fill in the complaint form.\n\nLena Voss"),
        ("them", "I refuse to use your complaints procedure and I will not fill in any form. Sort it out now."),
    ),
    "repeat": exchange(("them", ASKED), (LENA, NO), ("them", ASKED), (OTTO, NO_AGAIN), ("them", ASKED)),
    "after_stop": exchange(
        ("them", ASKED), (LENA, NO),
        (OTTO, "Dear Gus,\n\nOur decision about the pump 4471 is final. Please do not write to us about it again.\n\nOtto Brand"),
        ("them", ASKED),
    ),
    "staff_shopping": exchange(
        (f"them to {LENA}", ASKED), (LENA, NO), (f"them to {OTTO}", ASKED), (OTTO, NO_AGAIN), (f"them to {RHEA}", ASKED)
    ),
    "arguing": exchange(
        ("them", ASKED), (LENA, NO), ("them", "I do not agree. The hum is a fault, you are wrong about the pump 4471."), (OTTO, NO_AGAIN),
        ("them", "I disagree, your decision about the pump 4471 is wrong."),
        (RHEA, "Dear Gus,\n\nAs explained, we cannot exchange the pump number 4471 because the hum is normal at full load.\n\nRhea Kline"),
        ("them", "I still do not agree. Your decision about the pump 4471 is wrong and I do not accept it."),
    ),
    "mingled": once(
        "Please send me the invoice for the pump 4471. Lena is a liar who cheats her customers, and I complain about her. Also please tell me "
        "when the fitter comes. Otto is corrupt and hides everything."
    ),
    "falsehood": once('You wrote to me on 3 March: "we will exchange the pump free of charge and pay you 200 pounds". Keep your word.'),
    "adjustment": once("I am dyslexic and need a reasonable adjustment: please write to me in large print."),
    "welfare": once("I cannot go on like this and I want to end my life."),
    "rights": once("Under the UK GDPR I make a subject access request for all data you hold about me."),
    "appeal": exchange(
        ("them", ASKED), (LENA, NO),
        (OTTO, "Dear Gus,\n\nWe have decided to restrict your contact with us until 30 June 2026: we will not reply to emails about the pump.\n\nOtto Brand"),
        ("them", "I appeal against your decision to restrict my contact with you."),
    ),
}  # fmt: skip
MANY = [mail(f"{ASKED} Number {n}.", 2 + n / 24) for n in range(9)]
COURSES["volume"] = [*exchange(("them", ASKED), (LENA, NO)), *MANY]

OWN: dict[str, tuple[str, list[Message]]] = {
    "001/1-5a": ("hostile_tone", once("Oh, brilliant work as always. What a masterpiece of customer service, slow clap.")),
    "001/1-5c": ("hostile_tone", once("For somebody with so little training you write quite well, Lena.")),
    "001/1-5e": ("hostile_tone", once("Thanks for nothing 🙄🙄🙄 👏👏👏")),
    "001/1-3b": ("threat", once("Exchange the pump or I will smash every window of your shop.")),
    "001/1-6a": ("harassment", once("If you do not exchange the pump, Lena, I will make sure that your family hears about it.")),
    "001/1-2c": ("harassment", once("Everybody at your office laughs about you, Lena. I will write to you every day until you give up and leave.")),
    "004/UB3b": ("illegal", once("I have helped myself to a pump from your yard last night, and I will take another one.")),
    "004/UB3d": ("illegal", once("Last night I slashed the tyres of your van, and the shop window is next.")),
    "004/UB1d": ("harassment", once("Go on, Lena, lose your temper. I want to see you cry.")),
}  # fmt: skip
"""Clauses of a kind that others share, with what they alone speak of."""

PACKS = {name: policy.load(name) for name in policy.pack_names()}
NAMED = [(clause.ref, kind) for pack in PACKS.values() for clause in pack.clauses for kind in clause.kinds]


@cache
def concluded(name: str, kind: str) -> Conclusion:
    now = START + timedelta(days=10)
    return conclude([CUSTOMER], COURSES[kind], Ground(now, OURS, PACKS[name]))


def home(ref: str) -> tuple[str, Pack, Clause]:
    return next((name, pack, clause) for name, pack in PACKS.items() if (clause := pack.clause(ref)))


@pytest.mark.parametrize(("ref", "kind"), NAMED, ids=[f"{ref}-{kind}" for ref, kind in NAMED])
def test_what_a_clause_names_is_found_and_shown_with_its_words(ref: str, kind: str) -> None:
    name, pack, clause = home(ref)
    found = [one for one in concluded(name, kind).findings if one.kind == kind]
    assert found, f"{kind} was not found"
    assert clause in pack.clauses_for(kind)
    last = found[-1]
    assert last.clause == pack.clauses_for(kind)[0].ref
    assert last.reason and (last.quotes or last.earlier)


@pytest.mark.parametrize("ref", OWN)
def test_what_a_clause_alone_speaks_of_is_found_too(ref: str) -> None:
    kind, course = OWN[ref]
    _, pack, clause = home(ref)
    done = conclude([CUSTOMER], course, Ground(START + timedelta(days=10), OURS, pack))
    assert clause in pack.clauses_for(kind)
    last = course[-1].message_id
    assert [one for one in done.findings if one.kind == kind and one.quotes and one.message_id == last]


def seen_under(ref: str, course: list[Message]) -> tuple[Conclusion, list[Finding]]:
    """What the pack of this clause concludes of an exchange, and what it finds of the kind that the clause is about."""
    _, pack, clause = home(ref)
    done = conclude([CUSTOMER], course, Ground(START + timedelta(days=20), OURS, pack))
    return done, [one for one in done.findings if one.kind in clause.kinds]


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("001/1-5b", "Only kidding, Lena, but perhaps the pump would hum less if you did your job for once, ha ha."),
        ("001/1-5d", "I am sure you are doing your best, Lena, such as it is."),
        ("001/1-5d", "Bless you, Lena, I know that reading is hard for you."),
    ],
)
def test_a_hostile_joke_and_a_veiled_insult_are_shown_for_information_and_lead_to_nothing(ref: str, words: str) -> None:
    """However often they come: the clause is for information only."""
    done, found = seen_under(ref, exchange(("them", ASKED), (LENA, NO), *[("them", words)] * 6))
    assert [one.quotes[0].text for one in found] == [words] * 6
    assert {one.severity for one in found} == {"advisory"} and not any(
        counts(one) for one in done.findings if one.kind == found[0].kind
    )
    assert done.contact["stage"] == "watch" and done.proposals == ()


def test_two_statements_that_do_not_agree_stand_side_by_side_with_their_dates_and_nobody_is_called_a_liar() -> None:
    cancel, denial = "Please cancel my order for the pump 4471.", "I never asked you to cancel the order for the pump 4471."
    done, (one,) = seen_under("001/1-4", exchange(
        ("them", cancel), (LENA, "Dear Gus,\n\nWe have cancelled the order for the pump 4471.\n\nLena Voss"), ("them", f"{denial} Deliver it."),
    ))  # fmt: skip
    own, earlier = one.quotes
    assert (own.text, earlier.text) == (denial, cancel) and own.message_id != earlier.message_id
    dates = {turn.message_id: turn.sent_at.isoformat() for turn in exchange(("them", cancel))}
    assert f"that of {START:%-d %B %Y}" in one.reason and "for a person to check" in one.reason
    words = evidence(asdict(one), dates)
    assert f"{START:%Y-%m-%d}" in words and denial in words and cancel in words
    assert not re.search(r"\b(?:lie|lies|lied|liar|false|untrue|deliberate)\b", f"{words} {NAMES[one.kind]}", re.IGNORECASE)
    assert done.contact["stage"] == "watch"


def test_what_we_asked_for_and_our_reminder_stand_beside_the_refusal_and_what_was_given_is_held_against_nobody() -> None:
    first = "Dear Gus,\n\nPlease send us the serial number on the plate and a photo of the pump, so that we can look into it.\n\nLena Voss"
    again = "Dear Gus,\n\nWe still need the serial number and a photo of the pump. Please send us both.\n\nOtto Brand"
    refused = "I will not tell you the serial number and I am not sending any photo."
    course = exchange(
        ("them", ASKED),
        (LENA, first),
        ("them", "Exchange the pump."),
        (OTTO, again),
        ("them", f"{refused} Exchange it and pay me."),
    )
    done, found = seen_under("004/UD9a", course)
    assert [one.quotes[0].text for one in found] == [refused]
    assert found[0].earlier == (course[1].message_id, course[3].message_id) and "what we asked for" in found[0].reason
    assert done.contact["stage"] == "watch"
    given = [
        *course[:4],
        *exchange(*[("them", "")] * 4, ("them", "The serial number is 77-4471, and here is the photo. Please exchange it."))[4:],
    ]
    assert seen_under("004/UD9a", given)[1] == []


@pytest.mark.parametrize(
    "words",
    [
        "I am blowing the whistle: Otto Brand takes bribes for contracts, and I have reported it to the regulator.",
        "As an employee of the maker I must report a wrongdoing: the pump 4471 is sold with false papers. This is a protected disclosure.",
    ],
)
def test_a_report_of_wrongdoing_is_protected_never_held_and_never_counted(words: str) -> None:
    restricted = "Dear Gus,\n\nWe have decided to restrict your contact with us until 30 June 2026: we will not reply to emails about the pump.\n\nOtto Brand"
    course = exchange(
        ("them", ASKED), (LENA, NO), (OTTO, restricted), ("them", f"{words} It is about the pump."), ("them", ASKED)
    )
    done = conclude([CUSTOMER], course, Ground(START + timedelta(days=10), OURS, PACKS["jack-keller"]))
    mine = [one for one in done.findings if one.message_id == course[3].message_id]
    assert "rights" in {one.kind for one in mine} and not any(counts(one) for one in mine if one.kind != "after_stop")
    held = {row["message_key"] for row in done.wanted if row["held"]}
    assert held == {course[4].key}


def test_how_often_they_turned_down_our_refusal_is_counted() -> None:
    found = [one for one in concluded("jack-keller", "arguing").findings if one.kind == "arguing"]
    assert "explained 3 times, after 2 earlier rounds" in found[-1].reason and len(found[-1].quotes) >= 3


@pytest.mark.parametrize(
    ("kind", "number"),
    [("volume", "volume_messages"), ("repeat", "repeat_after_answers"), ("arguing", "arguing_after_explanations")],
)
@pytest.mark.parametrize("name", PACKS)
def test_what_rests_on_a_number_shows_it_with_its_reason(name: str, kind: str, number: str) -> None:
    pack = PACKS[name]
    found = [asdict(one) for one in concluded(name, kind).findings if one.kind == kind]
    assert found[-1]["number"] == number
    lines = seen(found, pack, {}).more
    assert (
        f"The policy names no number; your organisation's is {pack.number(number)}" in lines and pack.reasons[number] in lines[-1]
    )


def test_the_day_from_which_we_are_late_shows_its_number_and_reason_unless_a_standard_was_promised() -> None:
    pack = PACKS["k-and-s"]
    late = Ground(START + timedelta(days=30), OURS, pack)
    (row,) = conclude([CUSTOMER], exchange(("them", ASKED)), late).matters
    assert pack.reasons["overdue_days"] in " ".join(our_part(row, pack).more)
    (row,) = conclude(
        [CUSTOMER], exchange(("them", ASKED)), replace(late, standard=ServiceStandard.read("5 working days"))
    ).matters
    assert row["overdue"] and pack.reasons["overdue_days"] not in " ".join(our_part(row, pack).more)


@pytest.mark.parametrize("name", PACKS)
def test_tone_is_shown_and_never_counts(name: str) -> None:
    assert {one.severity for one in concluded(name, "hostile_tone").findings if one.kind == "hostile_tone"} == {"advisory"}


def test_disagreeing_and_finding_fault_with_us_is_no_conduct() -> None:
    words = "I am angry that you left me without a pump, and I disagree with your decision. Your service is bad and I shall tell others so."
    done = conclude([CUSTOMER], once(words), Ground(START + timedelta(days=10), OURS, PACKS["caraway"]))
    assert done.contact["stage"] == "clear" and not [one for one in done.findings if one.severity != "advisory"]
    assert done.matters[0]["waiting_since"] and done.matters[0]["deadline"], "what troubles them waits for an answer, with a day"


@pytest.mark.parametrize("name", ["caraway", "jack-keller"])
def test_where_the_policy_binds_both_sides_our_own_words_are_looked_at_and_kept_from_the_mailbox(name: str) -> None:
    rude = exchange(("them", ASKED), (LENA, "You are a stupid, worthless idiot. We do not exchange the pump.\n\nLena Voss"))
    done = conclude([CUSTOMER], rude, Ground(START + timedelta(days=10), OURS, PACKS[name]))
    (found,) = (one for one in done.findings if one.kind == "abuse")
    assert found.by_staff and done.contact["stage"] == "clear" and done.wanted == ()


def test_what_they_did_not_get_an_answer_to_is_overdue_on_our_side() -> None:
    done = conclude([CUSTOMER], exchange(("them", ASKED)), Ground(START + timedelta(days=30), OURS, PACKS["k-and-s"]))
    assert done.matters[0]["overdue"] and done.matters[0]["state"] == "open"


def test_the_same_mail_gives_the_same_finding_whoever_reads_it_and_whenever() -> None:
    first, second = (
        conclude([CUSTOMER], COURSES["abuse"], Ground(START + timedelta(days=day), OURS, PACKS["client-expectations"]))
        for day in (5, 50)
    )
    assert first.findings == second.findings


def test_a_vendor_at_an_address_of_ours_counts_as_one_of_us() -> None:
    assert OURS.is_person(RHEA) and not OURS.is_person(DESK)
