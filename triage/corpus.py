"""The sentences the conduct model learns from: our own, which come with the program, and public ones where somebody has them.

Our own stand in `models/conduct/own-sentences.csv` and, as plain text, in `models/conduct/own/*.txt`: "% voice" says who writes,
"@ labels | why it is there" what the sentences below it are ("@ - | …" nothing at all), "#" opens a remark. Whoever is threatened,
insulted, harassed, discriminated against or spoken to indecently is abused; so that label is never written, but follows.
Whole mails stand in `mails/` beside them: "= labels | why" begins one, "Subject: …" follows, then a sentence a line, with
"[labels]" before one that is guilty by itself; an empty line ends the mail.

Public rows (`train.csv[.gz]` in the data folder, most of it social media) teach vocabulary. Rows under share-alike licences are
left out, so that the weights can be passed on under any licence. Voices in `HELD_BACK`, and everything in the folder `held/`, are
never learned from.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from triage import conduct_model, features
from triage.errors import Permanent

TABLE = Path("own-sentences.csv")
TEXTS = Path("own")
HELD = Path("held")
"""Beside the model: what others wrote to measure it with, in the same form."""
MAILS = "mails"
HELD_BACK = frozenset({"utility", "parking", "school", "clinic"})
"""Voices that only measure."""
MADE = "made"
"""The voice of sentences put together from parts; they count less."""
FUNCTIONS = "functions"
"""The voice of held-back sentences that each try one thing a judge must be able to do; they are measured apart."""

OWN_WEIGHT = 20.0
_MADE_WEIGHT = 3.0
_PLAIN_WEIGHT = 2.0
_TEMPLATE_WEIGHT = 0.5
_RARE_WEIGHT = 3.0
"""Of public threats and sexual remarks, of which there are few hundred among tens of thousands of other rows."""
_ROWS_A_SOURCE = 4_000
_ROWS = 30_000
_LONGEST = 400

_SHARE_ALIKE = re.compile(r"\bSA\b|CC-BY-SA|CDLA-Sharing", re.IGNORECASE)
_PUBLIC_COLUMNS = ("any_abuse", "threat", "insult", "profanity", "sexual", "discrimination", "harassment")
_SARCASM = ("isarcasm", "isarcasm_rephrase")
_PLAIN = ("enron_email_intent", "github_issues", "cfpb_complaints", "paradetox_neutral")
"""Sources whose rows are taken to show none of the kinds that public data has no column for."""
AIMED = frozenset({"threat", "insult", "sexual", "discrimination", "harassment", "intimidation"})
"""Kinds that are abuse of somebody."""
_AT_ONCE = "at once"


@dataclass(frozen=True, slots=True)
class Own:
    """One of our own sentences: what it is, why it is there and who writes it."""

    text: str
    labels: frozenset[str]
    group: str
    voice: str
    held_back: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """One of our own whole mails."""

    subject: str
    sentences: tuple[Own, ...]
    """In order, with greeting and closing lines; each is labelled for what it is by itself."""
    labels: frozenset[str]
    """Of all sentences together."""
    group: str
    voice: str
    held_back: bool

    @property
    def text(self) -> str:
        """The body, a sentence a line."""
        return "\n".join(sentence.text for sentence in self.sentences)


@dataclass(slots=True)
class Rows:
    """Sentences to learn from. `labels` holds 1.0, 0.0 or, where the source does not say, NaN."""

    texts: list[str] = field(default_factory=list)
    labels: list[tuple[float, ...]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def add(self, text: str, labels: Mapping[str, float], weight: float, source: str) -> None:
        self.texts.append(text)
        self.labels.append(tuple(labels.get(kind, float("nan")) for kind in conduct_model.LEARNT))
        self.weights.append(weight)
        self.sources.append(source)


def own(folder: Path) -> list[Own]:
    """All our own sentences beside a model, those of whole mails among them, each once. Raises Permanent when a file cannot be
    understood."""
    alone = (*_table(folder / TABLE), *_texts(folder / TEXTS, held_back=False), *_texts(folder / HELD, held_back=True))
    in_mails = (sentence for mail in mails(folder) for sentence in mail.sentences)
    found: dict[str, Own] = {}
    for sentence in (*alone, *in_mails):
        known = found.get(sentence.text)
        if known is None or sentence.held_back > known.held_back:  # what is held back in one place is learned in none
            found[sentence.text] = sentence
    return list(found.values())


def mails(folder: Path) -> list[Mail]:
    """All our own whole mails beside a model. Raises Permanent when a file cannot be understood."""
    return [
        mail
        for part in (TEXTS, HELD)
        for file in sorted((folder / part / MAILS).glob("*.txt"))
        for mail in _mails(file, part == HELD)
    ]


def _mails(file: Path, held_back: bool) -> Iterator[Mail]:
    voice, head, subject, body = file.stem, "", "", list[Own]()
    for number, line in enumerate((*file.read_text("utf-8").splitlines(), ""), 1):
        where = f"{file}, line {number}"
        if line.startswith("% "):
            voice = line[2:].strip()
        elif line.startswith("= "):
            head, subject, body = line[2:], "", []
        elif head and not subject and line.lower().startswith("subject:"):
            subject = line[8:].strip()
        elif head and line.strip() and not line.startswith("# "):
            body.append(_marked(line.strip(), voice, held_back, where))
        elif head and body:
            named, _, why = (part.strip() for part in head.partition("|"))
            labels, found = _labels(named, where), frozenset().union(*(one.labels for one in body))
            if labels != found:
                raise Permanent(
                    f"{where}: the mail is said to be {_words(labels)}, its sentences are {_words(found)}; both must agree"
                )
            yield Mail(subject, tuple(body), labels, why, voice, held_back)
            head, body = "", []


def _marked(line: str, voice: str, held_back: bool, where: str) -> Own:
    marked = re.fullmatch(r"\[([a-z ]+)\]\s*(.+)", line)
    labels = _labels(marked[1], where) if marked else frozenset()
    return Own(marked[2] if marked else line, labels, "in a mail", voice, held_back)


def _words(labels: frozenset[str]) -> str:
    return " ".join(sorted(labels)) or "nothing"


def _table(file: Path) -> Iterator[Own]:
    import pandas as pd

    for row in pd.read_csv(file, dtype=str, keep_default_na=False).to_dict("records"):
        labels = set(str(row["labels"]).split())
        group = str(row["group"])
        if "demand" in labels:
            labels.add("urgent" if group == _AT_ONCE else "demanding")
        yield Own(str(row["text"]), frozenset(labels), group, str(row["voice"]), str(row["voice"]) in HELD_BACK)


def _texts(folder: Path, *, held_back: bool) -> Iterator[Own]:
    for file in sorted(folder.glob("*.txt")):
        voice, labels, group = file.stem, frozenset[str](), ""
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if line.startswith("% "):
                voice = line[2:].strip()
            elif line.startswith("@ "):
                named, _, group = (part.strip() for part in line[2:].partition("|"))
                labels = _labels(named, f"{file}, line {number}")
            elif line.strip() and not line.startswith("# "):
                yield Own(line.strip(), labels, group, voice, held_back or voice in HELD_BACK)


def _labels(named: str, where: str) -> frozenset[str]:
    labels = set(named.split()) - {"-"}
    unknown = labels - set(conduct_model.LEARNT)
    if unknown:
        raise Permanent(f"{where}: {', '.join(sorted(unknown))} is none of the kinds; they are {', '.join(conduct_model.LEARNT)}")
    return frozenset(labels | ({"any_abuse"} if labels & AIMED else set()))


def own_rows(folder: Path, *, held_back: bool) -> Rows:
    """Our own sentences to learn from, or those held back. Every kind not named on a sentence is absent from it."""
    rows = Rows()
    for sentence in own(folder):
        if sentence.held_back == held_back and sentence.voice != FUNCTIONS:
            labels = {kind: float(kind in sentence.labels) for kind in conduct_model.LEARNT}
            if "demanding" in sentence.labels:  # the table does not say which sort of demand
                del labels["urgent"], labels["unreasonable"]
            rows.add(sentence.text, labels, _MADE_WEIGHT if sentence.voice == MADE else OWN_WEIGHT, sentence.group)
    return rows


def public_rows(file: Path, seed: int = 7) -> Rows:
    """The public rows that may be trained on: no share-alike licence, at most so many a source, guilty ones first."""
    import pandas as pd

    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table = table[~table["licence"].str.contains(_SHARE_ALIKE)]
    table = table[table["text"].str.len().between(3, _LONGEST) | table["source"].isin(_PLAIN)].drop_duplicates("text")
    chosen = []
    for _, group in table.groupby("source"):
        guilty = group[group[list(_PUBLIC_COLUMNS)].isin(["1"]).any(axis=1) | group["passive_aggressive"].eq("1")]
        rest = group.drop(guilty.index)
        half = _ROWS_A_SOURCE // 2
        take = guilty.sample(min(len(guilty), max(half, _ROWS_A_SOURCE - len(rest))), random_state=seed)
        chosen.append(pd.concat([take, rest.sample(min(len(rest), _ROWS_A_SOURCE - len(take)), random_state=seed)]))
    picked = pd.concat(chosen)
    rows = Rows()
    for row in picked.sample(min(len(picked), _ROWS), random_state=seed).to_dict("records"):
        source = str(row["source"])
        weight = _PLAIN_WEIGHT if source in _PLAIN else _TEMPLATE_WEIGHT if source in ("madlibs", "reported_wrap") else 1.0
        weight = _RARE_WEIGHT if "1" in (row["threat"], row["sexual"]) else weight
        labels = _public_labels({str(key): str(value) for key, value in row.items()})
        # Ordinary writing is taken apart, because the model is only ever asked about one sentence; a guilty text is not,
        # because nobody says which of its sentences is the guilty one.
        pieces = [part.text for part in features.sentences(str(row["text"]))] if source in _PLAIN else [str(row["text"])]
        for piece in pieces:
            rows.add(piece, labels, weight, source)
    return rows


def _public_labels(row: Mapping[str, str]) -> dict[str, float]:
    labels = {kind: float(row[kind]) for kind in _PUBLIC_COLUMNS if row[kind] in ("0", "1")}
    source = row["source"]
    if source in _PLAIN:
        labels |= dict.fromkeys(("intimidation", "tone", "demand", "welfare", "reported", *conduct_model.ASIDE), 0.0)
    elif source in _SARCASM and row["passive_aggressive"] == "0":
        labels["tone"] = 0.0  # their sarcasm is aimed at the world, not at the reader, so only the innocent ones are of use
    elif source == "reported_wrap":
        labels |= {"reported": 1.0, "demand": 0.0, "tone": 0.0, "intimidation": 0.0}
    elif row.get("any_abuse") == "1":
        labels |= {"reported": 0.0, "demand": 0.0, "welfare": 0.0}
    return labels


def ordinary_rows(texts: Sequence[str], weight: float) -> Rows:
    """The sentences of ordinary mails, taken to be innocent throughout."""
    rows = Rows()
    innocent = dict.fromkeys(conduct_model.LEARNT, 0.0)
    for text in texts:
        for part in features.sentences(text):
            rows.add(part.text, innocent, weight, "ordinary mail")
    return rows


def with_identities_swapped(rows: Rows, terms: Sequence[str], seed: int = 7) -> Rows:
    """Copies of innocent rows that name a group of people, each with another group in its place.

    So that no group's name alone makes a sentence look guilty; only rows that are innocent throughout are copied.
    """
    chance = random.Random(seed)  # noqa: S311 — no secret hangs on it
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(terms, key=len, reverse=True))) + r")\b", re.IGNORECASE)
    copies = Rows()
    for text, labels, weight, source in zip(rows.texts, rows.labels, rows.weights, rows.sources, strict=True):
        if any(label == 1.0 for label in labels) or labels[0] != 0.0 or not pattern.search(text):
            continue
        copy = pattern.sub(lambda _: chance.choice(terms), text)
        copies.add(copy, dict(zip(conduct_model.LEARNT, labels, strict=True)), weight / 2, source)
    return copies


def joined(*parts: Rows) -> Rows:
    """All rows of all parts, in order."""
    whole = Rows()
    for part in parts:
        whole.texts += part.texts
        whole.labels += part.labels
        whole.weights += part.weights
        whole.sources += part.sources
    return whole
