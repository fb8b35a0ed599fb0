"""A restriction enforced by the mail server itself, as mail comes in: wanted minus present, like every other change.

A Sieve script (RFC 5228) cannot judge a mail, so ours does nothing that could hurt: it files into the hold folder, where a person
reads, and never discards, rejects or answers; it leaves alone whatever holds a word of danger or of a right; it ends by itself on the
day the restriction ends, should the program be gone by then. What it files is read at the next pass like any new mail, and what a
restriction does not cover (welfare, a right, an appeal, a new matter, a forged sender) is then put into the inbox.

The user's own script is not touched: ours includes it (RFC 6609). Where somebody makes another script the active one, ours stays off.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from triage.actor import Actor, Done
from triage.errors import TriageError
from triage.ledger import Ledger
from triage.mailbox import Account, sieve
from triage.mailbox.sieve import Scripts

Row = Mapping[str, Any]

_WORDS = Path(__file__).resolve().parents[1] / "rules" / "phrases" / "kept-from-sieve.txt"
_MARK = "# Written by triage: it renews this script and takes it away again."
_INCLUDED = re.compile(r'^include :personal :optional "((?:[^"\\]|\\.)*)";$', re.MULTILINE)
_NEEDED = frozenset({"fileinto", "body", "date", "relational"})
_NOT_OURS = f"a Sieve script named {sieve.NAME} is there that is not ours, and is left alone"
_REMEMBERED = timedelta(days=7)
"""For so long after a script is gone a new mail in the hold folder may still be one that it filed."""


def reconcile(actor: Actor, done: Done) -> None:
    """Puts, renews or takes away the script. What hinders it is told and does no harm: the next pass files as it does without."""
    on = actor.settings.acting.hold and actor.settings.acting.sieve
    rows = _enforced(actor) if on else []
    if rows or _known(actor.ledger, actor.name).get("script"):
        _try(actor, rows, done)


def take_away(actor: Actor, done: Done) -> None:
    """Takes the script away, whatever the settings say by now; the one it included is active again."""
    if _known(actor.ledger, actor.name).get("script"):
        _try(actor, [], done)


def filed_by_it(ledger: Ledger, mailbox: str, sender: str, now: datetime) -> bool:
    """Whether a new mail in the hold folder, from this address, was put there by our script: nobody has moved it there."""
    until = _known(ledger, mailbox).get("of", {}).get(_digest(sender))
    return until is not None and (not until or until > now.isoformat())


def _try(actor: Actor, rows: list[Row], done: Done) -> None:
    try:
        with sieve.scripts(actor.box.account) as kept:
            _settle(actor, kept, rows, done)
    except TriageError as fault:
        done.problems.append(f"{fault}. Mail under a restriction is filed at each pass all the same.")


def _settle(actor: Actor, kept: Scripts, rows: list[Row], done: Done) -> None:
    known = _known(actor.ledger, actor.name)
    active, there, own = _lying(kept)
    if there and _MARK not in there:
        raise TriageError(f"{actor.name}: {_NOT_OURS}")
    text = script(rows, actor.box.folders.held, own) if rows else ""
    if not text:
        if there:
            _changed(actor, done, "take the Sieve script away", "")
            if not actor.dry:
                kept.take_away(own if active == sieve.NAME else None)
        if not actor.dry:
            _remember(actor, "", [], stands=False)
        return
    if text == there and active == sieve.NAME:
        if not known.get("stands") and not actor.dry:
            _remember(actor, text, rows, stands=True)  # the program died just after it put it
        return
    if known.get("stands") and active != sieve.NAME and known.get("rules") == _digest(script(rows, "", "")):
        raise TriageError(f"{actor.name}: somebody has made another Sieve script active, so ours stays off")
    if hinders := _hindrance(kept, own):
        raise TriageError(f"{actor.name}: {hinders}")
    _changed(actor, done, f"have the mail server file what {len(rows)} restrictions cover (Sieve)", text)
    if not actor.dry:
        _remember(actor, text, rows, stands=False)  # first: what it files from now on must be known for what it is
        kept.put(text)
        _remember(actor, text, rows, stands=True)


def look(account: Account) -> str:
    """Why no restriction could be enforced at delivery in this mailbox; "" where it could. Changes nothing there.

    Raises Temporary where the server keeps no scripts or is away, Permanent when somebody must act.
    """
    with sieve.scripts(account) as kept:
        _, there, own = _lying(kept)
        return _NOT_OURS if there and _MARK not in there else _hindrance(kept, own)


def _lying(kept: Scripts) -> tuple[str, str, str]:
    """What lies on the server: the name of the active script, the text under our name, and the name of the user's own script."""
    active, names = kept.active()
    there = kept.ours() if sieve.NAME in names else ""
    return active, there, _included(there) if active == sieve.NAME else active


def _hindrance(kept: Scripts, own: str) -> str:
    """Why a script of ours could not work beside the user's own."""
    if missing := (_NEEDED | ({"include"} if own else set())) - kept.can:
        return f"the server's Sieve lacks {', '.join(sorted(missing))}"
    if own and not (own.isascii() and own.isprintable()):
        return "the Sieve script in use has a name that cannot be included"
    return ""


def _changed(actor: Actor, done: Done, words: str, text: str) -> None:
    done.plan.append(words)
    done.scripts += 1
    if not actor.dry:
        subject = {"mailbox": actor.name, "script": hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""}
        actor.ledger.journal("sieve", at=actor.now, actor="triage", subject=subject)


def _enforced(actor: Actor) -> list[Row]:
    """The restrictions that the server may enforce here: those on all that somebody writes about a matter, none that lets some through."""
    rows = actor.ledger.conclusions().restrictions
    return [
        row for row in rows
        if row["in_force"] and row["kind"] == "no-reply" and datetime.fromisoformat(row["until"]) > actor.now
        and actor.name in (row.get("mailboxes") or [actor.name]) and row.get("addresses")
    ]  # fmt: skip


def script(rows: Iterable[Row], held: str, own: str) -> str:
    """The script for these restrictions. `held`: the folder they are filed into. `own`: the user's script, "" without one."""
    tests = []
    for row in sorted(rows, key=lambda one: str(one["id"])):
        until = datetime.fromisoformat(row["until"]).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        tests.append(
            f"  # {row['id']}\n"
            f'  if allof (currentdate :zone "+0000" :value "lt" "iso8601" "{until}",\n'
            f'            address :is "from" {_list(row["addresses"])}) {{ fileinto {_quoted(held)}; stop; }}\n'
        )
    words = _list(_kept_out())
    includes = f"include :personal :optional {_quoted(own)};\n" if own else ""
    needed = ", ".join(f'"{one}"' for one in sorted(_NEEDED | ({"include"} if own else set())))
    return (
        f"{_MARK}\n# It only files mail into {held}, to be read there; it deletes and answers none.\nrequire [{needed}];\n"
        f'if not anyof (header :contains "subject" {words},\n              body :text :contains {words}) {{\n{"".join(tests)}}}\n'
        f"{includes}"
    )


@cache
def _kept_out() -> tuple[str, ...]:
    lines = (line.strip() for line in _WORDS.read_text("utf-8").splitlines())
    return tuple(line.replace("_", " ") for line in lines if line and not line.startswith("#"))


def _quoted(text: str) -> str:
    """A quoted string (RFC 5228 section 2.4.2); what cannot stand in one is left out, so that no address of a stranger's ends it."""
    plain = "".join(char for char in text if char.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _list(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(_quoted, texts)) + "]"


def _included(text: str) -> str:
    found = _INCLUDED.search(text)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.lower().encode()).hexdigest()[:16]


def _known(ledger: Ledger, mailbox: str) -> dict[str, Any]:
    """What the ledger knows of our script: its digest, and digests of the addresses it files, with the day until which that counts."""
    kept = json.loads(ledger.meta(f"sieve {mailbox}") or "{}")
    return dict(kept)


def _remember(actor: Actor, text: str, rows: list[Row], *, stands: bool) -> None:
    """`stands`: whether the script is known to have been the active one; only then it was somebody else who changed that."""
    after = (actor.now + _REMEMBERED).isoformat()
    before = {name: until or after for name, until in _known(actor.ledger, actor.name).get("of", {}).items()}
    of = {name: until for name, until in before.items() if until > actor.now.isoformat()}
    of |= {_digest(address): "" for row in rows for address in row["addresses"]}
    told = {"script": _digest(text) if text else "", "rules": _digest(script(rows, "", "")) if text else "", "stands": stands}
    actor.ledger.set_meta(f"sieve {actor.name}", json.dumps({**told, "of": of}) if text or of else "")
