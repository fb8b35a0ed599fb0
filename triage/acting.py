"""What is wanted minus what is there: labels, the hold folder and notes, done in batches and read back.

Every step finds out first what is already so, and writes down afterwards what it did; killed anywhere and run again, it ends
the same. Our own part of the mailbox is only ever what we put there: a label somebody else set, a mail somebody else moved
and a label somebody took off are left alone. Only held mail is ever moved, and nothing but our own notes is ever deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from triage import explanation, label, note
from triage.conclusion import Row
from triage.hearing import NOTE
from triage.ledger import Ledger, Location
from triage.mailbox import Mailbox
from triage.settings import Settings

HELD = "held"
"""The ledger's word for "we moved it into the hold folder", beside the labels."""


@dataclass(slots=True)
class Done:
    """What one acting changed in a mailbox."""

    labelled: int = 0
    unlabelled: int = 0
    held: int = 0
    released: int = 0
    notes: int = 0
    notes_removed: int = 0
    folders: int = 0
    problems: list[str] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    """In words, what was done (or, on a dry run, would be done)."""

    @property
    def changes(self) -> int:
        return self.labelled + self.unlabelled + self.held + self.released + self.notes + self.notes_removed + self.folders


@dataclass(frozen=True, slots=True)
class Actor:
    """One mailbox and all that is needed to act in it. With `dry`, everything is worked out and nothing is written."""

    box: Mailbox
    ledger: Ledger
    settings: Settings
    now: datetime
    dry: bool = False

    @property
    def name(self) -> str:
        return self.box.account.name


def act(actor: Actor) -> Done:
    """Brings one mailbox to what the ledger wants. Raises Temporary when the line breaks; a second run goes on from there."""
    done = Done()
    wanted = actor.ledger.wanted()
    proposals = _proposals(actor)
    chosen = actor.settings.acting
    if chosen.notes or chosen.hold:
        _folders(actor, done, needed=bool(proposals) or any(row["held"] for row in wanted.values()))
    if chosen.hold:
        _hold(actor, wanted, done)
    if chosen.labels:
        _labels(actor, wanted, done)
    if chosen.notes:
        _notes(actor, proposals, done)
    return done


def _folders(actor: Actor, done: Done, *, needed: bool) -> None:
    """The Triage tree is made (and subscribed) as soon as there is something to put into it."""
    missing = actor.box.missing_folders()
    if not missing or not needed:
        return
    done.plan.append(f"make the folders {', '.join(missing)}")
    done.folders = len(missing)
    if not actor.dry:
        actor.box.create_folders()
        actor.ledger.journal("folders", at=actor.now, actor=actor.name, subject={"made": missing})


def _uids(actor: Actor, folder: str, keys: Iterable[str]) -> dict[int, str]:
    """UID → key of those of the mails that lie in this folder, as far as the ledger knows."""
    found = {}
    for key, places in actor.ledger.locations(keys).items():
        for place in places:
            if (place.mailbox, place.folder) == (actor.name, folder):
                found[place.uid] = key
    return found


def _there(actor: Actor, folder: str, uids: dict[int, str]) -> dict[int, frozenset[str]]:
    """Flags of the mails that still lie in the open folder; the ledger forgets the place of those that do not."""
    flags = actor.box.flags(uids)
    gone = uids.keys() - flags.keys()
    if gone and not actor.dry:
        validity = actor.box.open(folder, write=True).uidvalidity
        for uid in gone:
            actor.ledger.unplace(Location(actor.name, folder, validity, uid))
    return flags


def _hold(actor: Actor, wanted: dict[str, Row], done: Done) -> None:
    """Held mail goes into the hold folder; what we put there and is held no longer comes back."""
    names = actor.box.folders
    want = {key for key, row in wanted.items() if row["held"]}
    ours = actor.ledger.applied(actor.name).get(HELD, set())
    into = _uids(actor, names.inbox, want)
    already = _uids(actor, names.held, want | ours)
    adopted = {key for key in already.values() if key in want} - ours
    if adopted and not actor.dry:  # moved just before a crash: the move stands, the note of it was lost
        actor.ledger.remember_applied(actor.name, HELD, adopted, actor.now)
    done.held += _move(actor, into, names.inbox, names.held, "held", done)
    back = {uid: key for uid, key in already.items() if key in ours and key not in want}
    done.released += _move(actor, back, names.held, names.inbox, "released", done)


def _move(actor: Actor, uids: dict[int, str], source: str, target: str, verb: str, done: Done) -> int:
    if not uids:
        return 0
    actor.box.open(source, write=not actor.dry)
    present = _there(actor, source, uids)
    going = {uid: key for uid, key in uids.items() if uid in present}
    if not going:
        return 0
    done.plan.append(f"{verb}: {len(going)} mails from {source} to {target}")
    if actor.dry:
        return len(going)
    validity = actor.box.open(source, write=True).uidvalidity
    moved = actor.box.move(going, target)
    with actor.ledger.transaction():
        for uid, key in going.items():
            actor.ledger.unplace(Location(actor.name, source, validity, uid))
            if uid in moved:
                actor.ledger.place(key, Location(actor.name, target, *moved[uid]))
        keys = set(going.values())
        if verb == "held":
            actor.ledger.remember_applied(actor.name, HELD, keys, actor.now)
        else:
            actor.ledger.forget_applied(actor.name, HELD, keys)
        actor.ledger.journal(
            verb, at=actor.now, actor="triage", subject={"mailbox": actor.name, "folder": target, "keys": sorted(keys)}
        )
    return len(going)


def _labels(actor: Actor, wanted: dict[str, Row], done: Done) -> None:
    """Labels on the mails in the inbox and in the hold folder; a label somebody took off is not put on again."""
    applied = actor.ledger.applied(actor.name)
    known = {key for name, keys in applied.items() if name != HELD for key in keys}
    for folder in (actor.box.folders.inbox, actor.box.folders.held):
        uids = _uids(actor, folder, wanted.keys() | known)
        changes = {
            uid: key
            for uid, key in uids.items()
            if _labels_of(key, wanted) != {name for name in label.FINDINGS if key in applied.get(name, ())}
        }
        if changes:
            _label_folder(actor, folder, changes, wanted, applied, done)


def _labels_of(key: str, wanted: dict[str, Row]) -> set[str]:
    return set(wanted.get(key, {"labels": ()})["labels"])


def _label_folder(
    actor: Actor, folder: str, uids: dict[int, str], wanted: dict[str, Row], applied: dict[str, set[str]], done: Done
) -> None:
    state = actor.box.open(folder, write=True)  # also on a dry run: only a folder opened so tells which labels it keeps
    present = _there(actor, folder, uids)
    if not state.keeps_keywords:
        _copies(actor, folder, {uid: uids[uid] for uid in present}, wanted, applied, done)
        return
    for name in label.FINDINGS:
        ours = applied.get(name, set())
        want = {uid for uid in present if name in _labels_of(uids[uid], wanted)}
        add = {uid for uid in want if name not in present[uid] and uids[uid] not in ours}
        adopt = {uid for uid in want if name in present[uid] and uids[uid] not in ours}
        drop = {uid for uid in present if uid not in want and uids[uid] in ours}
        done.labelled += _put(actor, folder, name, add, adopt, uids, done)
        done.unlabelled += _take(actor, folder, name, drop, present, uids, done)


def _copies(
    actor: Actor, folder: str, uids: dict[int, str], wanted: dict[str, Row], applied: dict[str, set[str]], done: Done
) -> None:
    """Where the server keeps no labels: a copy of the mail in the folder of the label; the original stays where it is."""
    for name in label.FINDINGS:
        if name == label.HOLD:
            continue  # held mail lies in its own folder
        ours = applied.get(name, set())
        add = {uid: key for uid, key in uids.items() if name in _labels_of(key, wanted) and key not in ours}
        drop = {key for uid, key in uids.items() if name not in _labels_of(key, wanted) and key in ours}
        if add:
            done.plan.append(f"copy to {actor.box.folders.of_label(name)}: {len(add)} mails of {folder}")
        if drop:
            done.plan.append(f"take copies out of {actor.box.folders.of_label(name)}: {len(drop)}")
        done.labelled += len(add)
        done.unlabelled += len(drop)
        if not actor.dry and add:
            _copy(actor, folder, name, add, done)
        if not actor.dry and drop:
            _take_copies(actor, name, drop)


def _copy(actor: Actor, folder: str, name: str, uids: dict[int, str], done: Done) -> None:
    """Copies mails into a label's folder, unless a copy is there already (from a pass that was cut off)."""
    target = actor.box.create_label_folder(name)
    known = {message.key: message.message_id for message in actor.ledger.messages(uids.values())}
    there = {key: found for key, message_id in known.items() if (found := actor.box.find_by_message_id(target, message_id))}
    validity = actor.box.open(target).uidvalidity
    actor.box.open(folder)
    made = actor.box.copy([uid for uid, key in uids.items() if key not in there], target)
    bad = {uid for uid, (_, copy) in made.items() if copy not in actor.box.find_by_message_id(target, known[uids[uid]])}
    if bad:  # read back: there is a server whose copies are empty
        actor.box.remove_copies(name, [made.pop(uid)[1] for uid in bad])
        done.problems.append(
            f"{target}: the server's copies of {len(bad)} mails are not whole, so they were taken away; see the notes"
        )
    with actor.ledger.transaction():
        for key, found in there.items():
            actor.ledger.place(key, Location(actor.name, target, validity, found[0]))
        for uid, place in made.items():
            actor.ledger.place(uids[uid], Location(actor.name, target, *place))
        keys = there.keys() | {uids[uid] for uid in made}
        actor.ledger.remember_applied(actor.name, name, keys, actor.now)
        actor.ledger.journal(
            "labelled", at=actor.now, actor="triage", subject={"mailbox": actor.name, "folder": target, "keys": sorted(keys)}
        )


def _take_copies(actor: Actor, name: str, keys: set[str]) -> None:
    """Takes our copies out of a label's folder. `keys`: of mails whose originals were just seen in their own folder."""
    target = actor.box.folders.of_label(name)
    copies = _uids(actor, target, keys)
    if copies:
        state = actor.box.open(target)
        present = set(actor.box.flags(copies))
        actor.box.remove_copies(name, present)
        for uid in copies:
            actor.ledger.unplace(Location(actor.name, target, state.uidvalidity, uid))
    with actor.ledger.transaction():
        actor.ledger.forget_applied(actor.name, name, keys)
        actor.ledger.journal(
            "unlabelled", at=actor.now, actor="triage", subject={"mailbox": actor.name, "folder": target, "keys": sorted(keys)}
        )


def _put(actor: Actor, folder: str, name: str, add: set[int], adopt: set[int], uids: dict[int, str], done: Done) -> int:
    if add:
        done.plan.append(f"label {name}: {len(add)} mails in {folder}")
    if actor.dry:
        return len(add)
    stands = actor.box.add_labels(add, name) if add else frozenset[int]()
    if len(stands) < len(add):
        done.problems.append(f"{folder}: the label {name} did not stay on {len(add) - len(stands)} mails")
    keys = {uids[uid] for uid in stands | adopt}
    if keys:
        with actor.ledger.transaction():
            actor.ledger.remember_applied(actor.name, name, keys, actor.now)
            actor.ledger.journal(
                "labelled", at=actor.now, actor="triage", subject={"mailbox": actor.name, "label": name, "keys": sorted(keys)}
            )
    return len(stands)


def _take(
    actor: Actor, folder: str, name: str, drop: set[int], present: dict[int, frozenset[str]], uids: dict[int, str], done: Done
) -> int:
    if not drop:
        return 0
    bearing = {uid for uid in drop if name in present[uid]}
    if bearing:
        done.plan.append(f"take off label {name}: {len(bearing)} mails in {folder}")
    if actor.dry:
        return len(bearing)
    gone = actor.box.remove_labels(bearing, name) if bearing else frozenset[int]()
    keys = {uids[uid] for uid in gone | (drop - bearing)}
    with actor.ledger.transaction():
        actor.ledger.forget_applied(actor.name, name, keys)
        actor.ledger.journal(
            "unlabelled", at=actor.now, actor="triage", subject={"mailbox": actor.name, "label": name, "keys": sorted(keys)}
        )
    return len(gone)


def _proposals(actor: Actor) -> list[Row]:
    """What this mailbox should hold a note about: unanswered proposals of its contacts, and mail nobody could read."""
    rows = [row for row in actor.ledger.conclusions().proposals if row["mailbox"] == actor.name and not row["verdict"]]
    unread = [explanation.unreadable(one) for one in actor.ledger.unreadable() if one.mailbox == actor.name]
    return rows + unread


def _notes(actor: Actor, proposals: list[Row], done: Done) -> None:
    """One note per proposal, the same note while nothing changed; a changed one takes the place of its forerunner."""
    names, address = actor.box.folders, actor.box.account.address
    domain = address.rpartition("@")[2]
    known = {one.note_id: one for one in actor.ledger.notes(actor.name)}
    pack = actor.settings.pack()
    current = set()
    for proposal in proposals:
        sections = (*explanation.note(proposal, pack), explanation.how_to_answer(proposal, names.agree, names.dismiss))
        print_ = note.fingerprint(proposal, sections)
        current.add(proposal["id"])
        before = known.get(proposal["id"])
        if before and before.fingerprint == print_:
            continue
        done.plan.append(f"note: {explanation.TITLES[proposal['kind']]}: {note.one_line(proposal['subject'], 60)}")
        done.notes += 1
        if actor.dry:
            continue
        message_id = note.message_id(proposal, sections, domain)
        if not actor.box.find_by_message_id(names.review, message_id):
            raw = note.compose(proposal, sections, mailbox=address, now=actor.now)
            actor.box.append(names.review, raw, at=actor.now)
        if before:
            _remove(actor, before.message_id)
        with actor.ledger.transaction():
            actor.ledger.remember_note(proposal["id"], actor.name, message_id, print_)
            actor.ledger.journal(
                NOTE, at=actor.now, actor="triage",
                subject={"mailbox": actor.name, "proposal": proposal["id"], "message_id": message_id, "keys": proposal["keys"]},
            )  # fmt: skip
    answered = {row["id"] for row in actor.ledger.conclusions().proposals if row["verdict"]}
    for one in known.values():
        if one.note_id not in current and one.note_id not in answered:
            done.plan.append(f"take away a note that no longer holds: {one.note_id}")
            done.notes_removed += 1
            if not actor.dry:
                _remove(actor, one.message_id)
                actor.ledger.forget_note(one.note_id, actor.name)


def _remove(actor: Actor, message_id: str) -> None:
    """Takes one of our notes out of the review folder; where staff have moved it, it stays."""
    review = actor.box.folders.review
    if review in actor.box.missing_folders():
        return
    if uids := actor.box.find_by_message_id(review, message_id):
        actor.box.delete_own(review, uids)


def undo(actor: Actor) -> Done:
    """Takes off everything we put into one mailbox: labels, notes, folders; held mail goes back to the inbox.

    What staff put into our folders themselves stays, and so does the folder that holds it.
    """
    done, names = Done(), actor.box.folders
    applied = actor.ledger.applied(actor.name)
    missing = set(actor.box.missing_folders())
    if names.held not in missing:
        back = _uids(actor, names.held, applied.get(HELD, set()))
        done.released += _move(actor, back, names.held, names.inbox, "released", done)
    nothing: dict[str, Row] = {}
    _labels(actor, nothing, done)
    for folder in (names.review, names.agree, names.dismiss):
        if folder in missing:
            continue
        for one in actor.ledger.notes(actor.name):
            if uids := actor.box.find_by_message_id(folder, one.message_id):
                done.notes_removed += len(uids)
                if not actor.dry:
                    actor.box.delete_own(folder, uids)
    if not actor.dry:
        for one in actor.ledger.notes(actor.name):
            actor.ledger.forget_note(one.note_id, actor.name)
        for folder in names.ours:
            if folder not in missing and actor.box.delete_folder_if_empty(folder):
                done.folders += 1
        for name in applied.keys() & set(label.FINDINGS):
            actor.box.delete_folder_if_empty(names.of_label(name))
        actor.box.delete_folder_if_empty(names.parent)
        actor.ledger.journal("undone", at=actor.now, actor="triage", subject={"mailbox": actor.name, "released": done.released})
    return done
