"""The conduct detectors on short invented mails: what each kind must find, and the nearest innocents."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage.detect import allegation, discrimination, harassment, illegal, insult, off_topic, profanity, sexual, threat, tone
from triage.evidence import Directory, Evidence
from triage.finding import Sign
from triage.message import Address, Message, Wording

HERE = Path(__file__).parent
DETECTORS = (threat, insult, profanity, harassment, sexual, discrimination, tone, allegation, illegal, off_topic)
TIME = datetime(2026, 4, 7, 9, 30, tzinfo=UTC)
DIRECTORY = Directory(frozenset({"desk.example"}), names=frozenset({"imogen", "rhys", "tolliver"}))


def letter(own: str, subject: str = "Re: my case") -> Evidence:
    """A customer's mail with these own words."""
    sender, desk = Address("Pat Quill", "pat.quill@mail.example"), Address("Desk", "support@desk.example")
    message = Message("k", "<1@mail.example>", "m", "inbox", TIME, TIME, sender, (), (desk,), (), subject, "", (), Wording(own))
    return Evidence(message, False, "m1", (), DIRECTORY)


def signs(own: str, subject: str = "Re: my case") -> dict[str, Sign]:
    evidence = letter(own, subject)
    return {sign.kind: sign for detector in DETECTORS for sign in detector.detect(evidence)}


def counting(own: str) -> set[str]:
    """The kinds found that would stand against the writer, or (tone) be shown about him."""
    return {kind for kind, sign in signs(own).items() if sign.severity != "advisory" or kind in ("hostile_tone", "off_topic")}


def measure(name: str) -> tuple[dict[str, tuple[int, int]], list[str], list[str]]:
    """Recall by kind as (found, all), what was missed, and the wrong flags on innocents."""
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    missed, wrong = [], []
    for group in tomllib.loads((HERE / name).read_text("utf-8"))["set"]:
        for text in group["texts"]:
            if group["kind"] == "innocent":
                wrong += [f"{kind}: {text}" for kind in sorted(counting(text))]
                total["innocent"] += 1
                continue
            total[group["kind"]] += 1
            if group["kind"] in signs(text):
                found[group["kind"]] += 1
            else:
                missed.append(f"{group['kind']}: {text}")
    return {kind: (found[kind], total[kind]) for kind in total}, missed, wrong


def show(name: str, recall: dict[str, tuple[int, int]], missed: list[str], wrong: list[str]) -> None:
    print(f"\n{name}")
    for kind, (found, total) in recall.items():
        print(f"  {kind:15} " + (f"{total} mails, {len(wrong)} wrong flags" if kind == "innocent" else f"{found}/{total}"))
    print("\n".join(f"  missed  {text}" for text in missed))
    print("\n".join(f"  wrong   {text}" for text in wrong))


KNOWN = tomllib.loads((HERE / "conduct_known.toml").read_text("utf-8"))
"""What is known to be missed, or wrongly flagged, by name."""
LEAST_RECALL_UNSEEN = 0.45
"""Rules are sure where they speak, not complete; the trained model beside them tells of the rest as unsure."""


def test_the_mails_the_phrases_were_made_with_are_found_but_for_the_known_misses() -> None:
    recall, missed, wrong = measure("conduct_cases.toml")
    show("conduct_cases.toml", recall, missed, wrong)
    assert set(missed) <= set(KNOWN["missed"])
    assert wrong == []


def test_words_never_tuned_on_are_found_for_the_most_part_and_innocents_are_left_alone() -> None:
    recall, missed, wrong = measure("conduct_cases_unseen.toml")
    show("conduct_cases_unseen.toml", recall, missed, wrong)
    guilty = [counts for kind, counts in recall.items() if kind != "innocent"]
    assert sum(found for found, _ in guilty) / sum(total for _, total in guilty) >= LEAST_RECALL_UNSEEN
    assert set(wrong) <= set(KNOWN["wrong_unseen"])


def test_every_quote_is_a_verbatim_stretch_of_the_writers_own_words() -> None:
    own = "Good morning.\n\nYou sh1t-for-brains useless moron, Rhys. I will break your jaw.\n\nPat"
    for sign in signs(own).values():
        for quote in sign.quotes:
            assert own[quote.start : quote.start + len(quote.text)] == quote.text
            assert quote.message_id == "<1@mail.example>"


def test_a_threat_of_violence_is_grave_and_says_why() -> None:
    sign = signs("I will break Rhys's jaw.")["threat"]
    assert (sign.severity, sign.quotes[0].text) == ("grave", "I will break Rhys's jaw.")
    assert sign.reason == "The mail says the writer will do somebody violence."


def test_damage_to_property_is_serious() -> None:
    assert signs("I will slash the tyres of every van you own.")["threat"].severity == "serious"


def test_insult_upon_insult_is_serious_and_one_insult_is_not() -> None:
    assert signs("You are an idiot.")["abuse"].severity == "ordinary"
    assert signs("You are an idiot. You gormless toad. Rhys is a lazy pig.")["abuse"].severity == "serious"


def test_swearing_about_a_thing_is_shown_and_not_counted() -> None:
    sign = signs("The fucking boiler has gone off again.")["profanity"]
    assert (sign.severity, sign.reason) == ("advisory", "The mail uses a swear word about something, not at a person.")


def test_mild_words_are_no_profanity() -> None:
    assert signs("Bloody hell, the damn thing is broken and I feel like crap.") == {}


def test_words_somebody_sends_us_as_evidence_are_not_his_own() -> None:
    assert signs("He wrote this to me:\n\nI will kill you, you stupid bitch.\n\nPlease help.") == {}


def test_the_titles_of_a_list_are_nobodys_words_and_three_angry_lines_are() -> None:
    listed = "Could you order these?\n\nHow to Strangle Your Editor\nThe Moron (the old edition)\nBastards of the Lower Deck\nMy Naked Aunt\n\nPat"
    assert not signs(listed)
    assert {"abuse"} <= counting("You are a moron\nYour lot are idiots\nBloody bastards all of you\nPat")


def test_what_the_writer_says_he_has_published_counts_although_it_stands_in_quotation_marks() -> None:
    assert "abuse" in signs("I put 'Imogen is a lazy cow' on your page.")


def test_a_new_subject_is_read_and_the_subject_of_a_reply_is_not() -> None:
    quote = signs("See above.", subject="You are idiots")["abuse"].quotes[0]
    assert (quote.text, quote.start) == ("You are idiots", -1)
    assert signs("See above.", subject="Re: You are idiots") == {}


@pytest.mark.parametrize("word", ["fu*k off Rhys", "f u c k off Rhys", "fuuuuck off Rhys", "FUCK OFF RHYS"])
def test_a_disguised_word_is_seen_through(word: str) -> None:
    assert signs(word)["profanity"].severity == "ordinary"


def test_capitals_and_marks_alone_are_no_hostile_tone() -> None:
    assert signs("WHERE IS MY PARCEL???!!! I WAIT 3 WEEKS!!!!!! PLEASE ANSWER!!!") == {}


def test_harm_to_oneself_is_no_threat() -> None:
    assert "threat" not in signs("I can't go on. I am going to kill myself tonight.")


def test_a_disclosure_with_particulars_is_no_allegation() -> None:
    assert signs("Rhys took a bribe on 3 March. I witnessed it and the bank statement is attached. Please investigate.") == {}
    assert "allegation" in signs("Rhys takes bribes, I need no proof.")


def test_a_very_long_mail_without_a_full_stop_is_read_in_good_time() -> None:
    assert "abuse" in signs("you and me and the house " * 4000 + " you are an idiot")
