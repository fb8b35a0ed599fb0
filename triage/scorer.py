"""The conduct scorer: model and rules together; `triage score` is its table form, without settings or a mailbox.

The rules (`triage.detect`) see each text as a first mail from an unknown person, so that nothing that needs a history
(an appeal, a refused process) can be seen here. Where the model is missing the rules score alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from math import exp
from pathlib import Path

from triage.conduct_model import KINDS as SCORES
from triage.conduct_model import Score, Scorer, load
from triage.errors import Permanent
from triage.evidence import Directory, Evidence
from triage.finding import KINDS, Sign
from triage.message import Address, Message, Wording

__all__ = ["SCORES", "Score", "Scorer", "combined", "evidence_of", "load", "score_file", "score_text", "score_texts"]

KINDS_SCORED: Mapping[str, tuple[str, ...]] = {
    "threat": ("threat",),
    "abuse": ("insult",),
    "profanity": ("profanity",),
    "sexual": ("sexual", "harassment"),
    "discrimination": ("discrimination",),
    "harassment": ("harassment", "intimidation"),
    "hostile_tone": ("tone",),
    "urgent_demand": ("demand",),
    "unreasonable_demand": ("demand",),
    "welfare": ("welfare",),
}
"""Which scores a rule's finding of this kind raises."""

ABUSE = frozenset({"threat", "abuse", "sexual", "discrimination", "harassment", "allegation"})
"""Kinds of finding that make a message abusive (`any_abuse`): not swearing at a thing, sarcasm or impatience."""

_SUREST_RULE = 0.97
"""A rule never makes a score certain."""
_RULE_EVIDENCE = 3.0
"""What a rule of full strength adds to the model's log-odds."""
_TINY = 1e-6
_PART_OF_ABUSE = ("threat", "insult", "sexual", "discrimination", "harassment", "intimidation")
_PART_WEIGHT = 0.9
_REPORTED_WEIGHT = 0.7
"""How much of an abuse score the model takes back when the words are surely somebody else's."""
_AT_A_THING = 0.6
"""What is left of the model's abuse score where somebody only swears at a thing: to the model all swearing is alike."""
_BATCH = 500
_LONGEST_FIELD = 10_000_000
_WHEN = datetime(2000, 1, 3, 12, tzinfo=UTC)
_NOBODY = Directory(domains=frozenset())


def evidence_of(text: str) -> Evidence:
    """A bare text as a first mail by nobody in particular, sent at noon on a Monday."""
    message = Message(
        key="0" * 64, message_id="<text@score.invalid>", mailbox="", role="inbox", sent_at=_WHEN, received_at=_WHEN,
        sender=Address("", ""), reply_to=(), to=(), cc=(), subject="", in_reply_to="", references=(), wording=Wording(own=text),
    )  # fmt: skip
    return Evidence(message=message, by_staff=False, matter="", history=(), directory=_NOBODY)


def score_text(text: str, model: Scorer | None) -> dict[str, float]:
    """Kind of score → probability, 0 to 1, of a text as one message; 0 throughout for a text without words."""
    return score_texts([text], model)[0]


def score_texts(texts: Sequence[str], model: Scorer | None) -> list[dict[str, float]]:
    """The same for many texts, in order; each is judged by itself."""
    from triage import detect  # with every detector's word lists: not for those who only want the model

    by_model = [_chances(row) for row in model.score_messages(texts)] if model else [{} for _ in texts]
    nothing = dict.fromkeys(SCORES, 0.0)
    return [
        combined(chances, detect.detect(evidence_of(text))) if _has_words(text) else dict(nothing)
        for text, chances in zip(texts, by_model, strict=True)
    ]


def _chances(scores: Mapping[str, Score]) -> dict[str, float]:
    return {kind: score.probability for kind, score in scores.items()}


def _has_words(text: str) -> bool:
    # Emoji and marks above U+2000 say something too; plain punctuation alone does not.
    return any(letter.isalnum() or ord(letter) > 0x2000 for letter in text)


def combined(by_model: Mapping[str, float], signs: Iterable[Sign]) -> dict[str, float]:
    """The model's probabilities and the rules' signs as one: a rule is evidence, added to what the model makes of the words.

    So what a rule takes for guilty and the model for everyday talk stays below what both hold for guilty; ordinary mail is full of
    the former. Where there is no model, what the rules say stands by itself.
    Where the model hears somebody else's words, or the rules hear swearing at a thing, and no rule hears the writer abuse
    anybody, what the model holds against the writer is lowered.
    """
    by_rule = dict.fromkeys(SCORES, 0.0)
    signs = tuple(signs)
    swearing = [sign.severity for sign in signs if sign.kind == "profanity"]
    at_a_thing = bool(swearing) and set(swearing) == {"advisory"}
    for sign in signs:
        assert sign.kind in KINDS
        strength = min(sign.strength, _SUREST_RULE)
        abusive = ("any_abuse",) if sign.kind in ABUSE and sign.severity != "advisory" else ()
        menacing = ("intimidation",) if sign.kind == "threat" and sign.severity == "grave" else ()  # to a person, not a thing
        for kind in (*KINDS_SCORED.get(sign.kind, ()), *menacing, *abusive):
            by_rule[kind] = max(by_rule[kind], strength)
    own = 1.0
    if not by_rule["any_abuse"]:
        own -= _REPORTED_WEIGHT * by_model.get("reported", 0.0)
        own *= _AT_A_THING if at_a_thing else 1.0
    scores = {}
    for kind in SCORES:
        if kind in by_model:
            chance = by_model[kind] * (own if kind in ("any_abuse", *_PART_OF_ABUSE) else 1.0)
            scores[kind] = _raised(chance, by_rule[kind]) if by_rule[kind] else chance
        else:
            scores[kind] = by_rule[kind]
    parts = max(scores[kind] for kind in _PART_OF_ABUSE)
    scores["any_abuse"] = max(scores["any_abuse"], _PART_WEIGHT * parts)
    return scores


def _raised(chance: float, strength: float) -> float:
    """The model's chance with a rule's strength as further evidence."""
    chance = min(max(chance, _TINY), 1.0 - _TINY)
    return 1.0 / (1.0 + (1.0 - chance) / chance * exp(-_RULE_EVIDENCE * strength))


def score_file(input_csv: Path, output_csv: Path, semantic: Path | None = None) -> int:
    """Reads a CSV (UTF-8, columns id and text), writes id and a column a kind in the same order; returns the number of rows.

    Raises Permanent, naming the file, the line or column and what would be right. The output appears whole or not at all.
    """
    model = load(semantic=semantic)
    waiting = output_csv.with_name(output_csv.name + ".part")
    count = 0
    try:
        with waiting.open("w", encoding="utf-8", newline="") as sink:
            writer = csv.writer(sink)
            writer.writerow(("id", *SCORES))
            rows = _rows(input_csv)
            while batch := list(islice(rows, _BATCH)):
                for (identity, _), scores in zip(batch, score_texts([text for _, text in batch], model), strict=True):
                    writer.writerow((identity, *(f"{scores[kind]:.6f}" for kind in SCORES)))
                count += len(batch)
        waiting.replace(output_csv)
    except OSError as fault:
        raise Permanent(
            f"{fault.filename or output_csv}: {fault.strerror}; name a file in a folder that can be written"
        ) from fault
    finally:
        waiting.unlink(missing_ok=True)
    return count


def _rows(file: Path) -> Iterator[tuple[str, str]]:
    earlier_limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            table = csv.DictReader(source, strict=True)
            _check_columns(file, table.fieldnames)
            for row in table:
                if row["text"] is None:
                    raise Permanent(f"{file}, line {table.line_num}: too few fields; each row needs an id and a text")
                yield row["id"], row["text"]
    except FileNotFoundError:
        raise Permanent(f"{file} does not exist; give a CSV with the columns id and text") from None
    except IsADirectoryError:
        raise Permanent(f"{file} is a folder; give a CSV with the columns id and text") from None
    except UnicodeDecodeError as fault:
        raise Permanent(f"{file} is not in UTF-8 (octet {fault.start} of a block); save it as UTF-8") from fault
    except csv.Error as fault:
        raise Permanent(
            f"{file} is not a CSV that can be read ({fault}); quote texts that hold commas, quotes or line ends"
        ) from fault
    finally:
        csv.field_size_limit(earlier_limit)


def _check_columns(file: Path, columns: Iterable[str] | None) -> None:
    if not columns:
        raise Permanent(f"{file} is empty; its first line should name the columns id and text")
    names = list(columns)
    missing = [name for name in ("id", "text") if name not in names]
    if missing:
        raise Permanent(f"{file} has no column {' and no column '.join(missing)}; it has: {', '.join(names)}")
