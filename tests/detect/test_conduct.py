"""The conduct detectors on short invented mails: what each kind must find, and the nearest innocents."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

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


KNOWN_MISSES = {
    "threat: My cousin Dean says hello. He says he'll be round to see Tolliver and sort him out properly.",  # by proxy: reads as a report
    "abuse: There isn't a brain cell between the three of you.",  # the denial guard takes "isn't" for "is not"
}


def test_the_mails_the_phrases_were_made_with_are_found_but_for_the_known_misses() -> None:
    recall, missed, wrong = measure("conduct_cases.toml")
    show("conduct_cases.toml", recall, missed, wrong)
    assert set(missed) <= KNOWN_MISSES
    assert wrong == []


def test_words_never_tuned_on_are_found_for_the_most_part_and_innocents_are_left_alone() -> None:
    recall, missed, wrong = measure("conduct_cases_unseen.toml")
    show("conduct_cases_unseen.toml", recall, missed, wrong)
    guilty = [counts for kind, counts in recall.items() if kind != "innocent"]
    assert sum(found for found, _ in guilty) / sum(total for _, total in guilty) >= 0.4
    assert set(wrong) <= set[str]()
