"""What other numbers would have flagged: the real detectors, run again over the stored mail with other thresholds.

Only one kind is looked at in a replay, and nothing is written: the stories are told once from the ledger, as they are for
every conclusion, and the detector is asked again for each set of numbers. What a warning would have taken is worked out from the
findings by the very table of weights that the decision uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from triage import settings as settings_file
from triage.analysis import pseudonym
from triage.analysis.pseudonym import Pseudonyms
from triage.analysis.tables import opened
from triage.decision import POINTS, points
from triage.detect import arguing, repeat, volume
from triage.evidence import Directory, Evidence, Thresholds, Turn
from triage.finding import KINDS, Finding, Sign
from triage.ledger import Ledger
from triage.settings import Settings
from triage.story import Story, tell

DETECTORS: Mapping[str, Callable[[Evidence], Iterable[Sign]]] = {
    "volume": volume.detect, "repeat": repeat.detect, "arguing": arguing.detect,
}  # fmt: skip
"""The kinds whose numbers stand in the policy pack."""


def flagged(settings: Path | str, kind: str, numbers: Mapping[str, Mapping[str, Any]], *, fewest: int = 3) -> pd.DataFrame:
    """The mails that each set of numbers would have flagged as `kind` (volume, repeat or arguing): name, message, contact, strength.

    numbers: a name for each set → keys of the pack's [thresholds] and their values (times as timedelta); what a set leaves out is
    as in the pack. Contacts with fewer than `fewest` mails are not looked at. Raises KeyError for another kind or key.
    """
    detect = DETECTORS[kind]
    chosen = settings_file.load(Path(settings), connecting=False)
    with opened(chosen) as ledger:
        names = Pseudonyms(pseudonym.key(pseudonym.key_file(Ledger.file_of(chosen.store.url), chosen.path)))
        sets = {name: _thresholds(chosen, changed) for name, changed in numbers.items()}
        rows = list(_rows(ledger, chosen, detect, sets, names, fewest))
    return pd.DataFrame(rows, columns=["name", "message", "contact", "strength"])


def _thresholds(chosen: Settings, changed: Mapping[str, Any]) -> Thresholds:
    pack = chosen.pack().thresholds
    known = {name: getattr(pack, name) for name in Thresholds.__dataclass_fields__}
    if unknown := set(changed) - set(known):
        raise KeyError(f"no such threshold: {', '.join(sorted(unknown))}")
    return Thresholds(**{**known, **changed})


def _rows(
    ledger: Ledger,
    chosen: Settings,
    detect: Callable[[Evidence], Iterable[Sign]],
    sets: Mapping[str, Thresholds],
    names: Pseudonyms,
    fewest: int,
) -> Iterator[dict[str, Any]]:
    staff = chosen.directory()
    for row in ledger.conclusions().contacts:
        if row["messages"] < fewest:
            continue
        story = tell(row["addresses"], ledger.messages_with(row["addresses"]), staff)
        for turn, history, matter in _theirs(story):
            for name, thresholds in sets.items():
                for sign in detect(_evidence(turn, history, matter, staff, thresholds, chosen)):
                    yield {
                        "name": name,
                        "message": names.of("mail", turn.message.message_id),
                        "contact": names.of("contact", row["id"]),
                        "strength": sign.strength,
                    }


def _theirs(story: Story) -> Iterator[tuple[Turn, Sequence[Turn], tuple[Turn, ...]]]:
    """Each mail of the contact with what came before it, in all and in its matter."""
    on_matter: dict[str, list[Turn]] = {}
    for place, turn in enumerate(story.turns):
        before = on_matter.setdefault(turn.matter, [])
        if not turn.by_staff and not turn.automatic and story.owns(turn):
            yield turn, story.turns[:place], tuple(before)
        before.append(turn)


def _evidence(
    turn: Turn, history: Sequence[Turn], matter: tuple[Turn, ...], staff: Directory, thresholds: Thresholds, chosen: Settings
) -> Evidence:
    standard = chosen.organisation.service_standard
    return Evidence(
        message=turn.message, by_staff=False, matter=turn.matter, history=tuple(history), directory=staff, thresholds=thresholds,
        service_standard=standard.approximate if standard else None, same_matter=matter,
    )  # fmt: skip


def warned(findings: pd.DataFrame, at: Iterable[float]) -> pd.DataFrame:
    """How many contacts weigh enough for a warning at each number of points: at, contacts, dismissed, agreed.

    `findings`: the table. Every finding that was sure and could count is weighed, dismissed or not; `dismissed` and `agreed` are
    those contacts of whom people dismissed, or agreed to, at least one of these mails.
    """
    could = findings[
        findings["sure"] & (findings["severity"] != "advisory") & (findings["family"] != "protective") & ~findings["by_staff"]
    ]
    rows = []
    weights = {str(contact): points(_bare(group)) for contact, group in could.groupby("contact")}
    dismissed = set(could.loc[could["verdict"] == "dismiss", "contact"])
    agreed = set(could.loc[could["verdict"] == "agree", "contact"])
    for limit in at:
        over = {contact for contact, weight in weights.items() if weight >= limit}
        rows.append({"at": limit, "contacts": len(over), "dismissed": len(over & dismissed), "agreed": len(over & agreed)})
    return pd.DataFrame(rows, columns=["at", "contacts", "dismissed", "agreed"])


def _bare(group: pd.DataFrame) -> Iterator[Finding]:
    for row in group.itertuples():
        kind, severity = str(row.kind), str(row.severity)
        assert kind in KINDS and kind in POINTS
        yield Finding("", str(row.message), "", "", kind, "", 1.0, severity, (), "")  # type: ignore[arg-type]
