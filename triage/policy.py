"""A policy pack: one organisation's conduct policy as data, read from rules/NAME.toml into a typed, frozen `Pack`.

The pack says which clauses the policy has, which of the kinds of finding each clause is about, from which numbers on
something is a pattern, which steps there are and who decides them. The program's code names no policy; whatever differs
between organisations stands here, where people who do not program can read and change it (rules/README.md).
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from dataclasses import fields
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from triage.errors import Misconfigured, Permanent
from triage.evidence import Thresholds
from triage.finding import KINDS
from triage.nearest import nearest
from triage.pack import STAGES, Clause, Deciders, Duty, Letters, Nature, Pack, Periods, Stage, Step
from triage.pack_fault import in_words, inconsistencies, told

__all__ = [
    "STAGES", "Clause", "Deciders", "Duty", "Letters", "Nature", "Pack", "Periods", "Stage", "Step",
    "begin", "check", "find", "load", "pack_names", "packs_folder", "show",
]  # fmt: skip


def packs_folder() -> Path:
    """Where the packs that come with the program are: beside the package in a checkout, under share/ when installed.

    Raises Misconfigured when the installation lacks them.
    """
    places = (Path(__file__).resolve().parent.parent / "rules", Path(sys.prefix) / "share" / "triage" / "rules")
    for place in places:
        if place.is_dir():
            return place
    raise Misconfigured([f"rules: the policy packs are missing; they belong in {places[0]} or {places[1]}"])


def pack_names() -> list[str]:
    """The names of the packs that come with the program, in order of the alphabet."""
    return sorted(path.stem for path in packs_folder().glob("*.toml"))


def find(name_or_path: str, folder: Path | None = None) -> Path:
    """The file of a pack: a name such as "caraway", or a path (relative to `folder`, else to where the program runs).

    Raises ValueError, in words for the operator, when there is none.
    """
    if re.fullmatch(r"[A-Za-z0-9_-]+", name_or_path):
        path = packs_folder() / f"{name_or_path}.toml"
        advice = nearest(name_or_path, pack_names()) or f"there are {', '.join(pack_names())}, or give the path of a .toml file"
    else:
        path = (folder or Path()) / name_or_path
        advice = "give the name of a pack that comes with the program or the path of a .toml file"
    if not path.is_file():
        raise ValueError(f"there is no policy pack “{name_or_path}”; {advice}")
    return path


def load(name_or_path: str | Path) -> Pack:
    """The pack with this name or at this path. Raises Misconfigured with every fault of the file, one sentence each."""
    try:
        path = find(str(name_or_path))
    except ValueError as fault:
        raise Misconfigured([f"policy: {fault}"]) from fault
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise Misconfigured([f"{path.name}: cannot be read as TOML: {fault}; see rules/README.md"]) from fault
    return _understood(path, content)


@lru_cache(16)
def _understood(path: Path, content: bytes) -> Pack:
    """The pack that these octets of a file say. Kept, as every pass asks for it several times; it cannot be changed."""
    try:
        text = content.decode()
        table = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise Misconfigured([f"{path.name}: cannot be read as TOML: {fault}; see rules/README.md"]) from fault
    try:
        pack = Pack.model_validate(table)
    except ValidationError as faults:
        words = [in_words(path, text, dict(error)) for error in faults.errors()]
        raise Misconfigured([line for each in words for line in each.splitlines()]) from None
    inconsistent = [told(path, text, place, words) for place, words in inconsistencies(pack)]
    if inconsistent:
        raise Misconfigured(inconsistent)
    return pack.model_copy(update={"path": path.resolve(), "fingerprint": hashlib.sha256(content).hexdigest()})


def check(path: str | Path) -> list[str]:
    """Every fault of a pack, one sentence each; an empty list for a sound one."""
    try:
        load(path)
    except Misconfigured as fault:
        return list(fault.faults)
    return []


def begin(path: Path) -> None:
    """Writes a commented pack to start from. Raises Permanent when there is a file already, or none can be made there."""
    text = (packs_folder() / "starting" / "our-policy.toml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Permanent(f"{path} is there already and was left as it is; give a name that is free") from None
    except OSError as fault:
        raise Permanent(f"{path} cannot be written ({fault.strerror}); give a name in a folder you may write to") from None


def show(pack: Pack) -> str:
    """The pack as a page to read: what is found under which clause, the numbers, the steps, and every clause."""
    since = pack.effective.isoformat() if pack.effective else "not dated"
    lines = [
        f"{pack.title} ({pack.organisation})",
        f"policy {pack.id}, version {pack.version}, in force since: {since}",
        "binds customers and staff alike" if pack.binds_both_sides else "binds customers",
        "a warning comes before any restriction" if pack.warn_first else "a warning is not required before a restriction",
        *(["nobody is restricted who was not given the policy first"] if pack.policy_first else []),
        *(["talking it over with a mediator is offered before anything harsher"] if pack.mediation else []),
        "gives a right of appeal" if pack.appeal else "names no right of appeal; every notice offers another look all the same",
        "",
        "What is found, and under which clause",
    ]
    for kind in KINDS:
        clause = pack.clause_for(kind)
        always = "no clause of this policy; it protects the writer, and is always looked for and comes first"
        otherwise = always if KINDS[kind] == "protective" else "no clause of this policy; shown for information"
        cited = f"{clause.ref} {clause.title}" if clause else otherwise
        lines.append(f"  {kind:<20} {cited}{_remark(pack, kind)}")
    lines += ["", "Numbers (choices of this pack, shown with their reason on whatever rests on them)"]
    lines += [f"  {pack.number(name)}" for name in (*(entry.name for entry in fields(Thresholds)), *Periods.model_fields)]
    lines += ["", "Steps"]
    lines += [f"  {step.stage:<9} {step.name}: {step.means} Decided by: {step.decided_by}." for step in pack.ladder]
    lines += [f"  {name:<9} Decided by: {getattr(pack.deciders, name)}." for name in Deciders.model_fields]
    lines += ["", "Own sentences in letters"]
    lines += [f"  {name:<11} {getattr(pack.letters, name) or 'none'}" for name in Letters.model_fields]
    lines += ["", "Clauses"]
    for clause in pack.clauses:
        lines += [f"  {clause.ref}  {clause.title}", f"      {clause.nature}; {clause.duty}: {clause.note}"]
    return "\n".join(lines) + "\n"


def _remark(pack: Pack, kind: str) -> str:
    remarks = [
        words
        for words, kinds in (
            ("never counts", pack.advisory),
            ("counts strongly", pack.serious),
            ("one grave incident is enough", pack.single_incident),
        )
        if kind in kinds
    ]
    return f" ({', '.join(remarks)})" if remarks else ""
