"""What is wanted minus what is there: labels, the hold folder and notes, done in batches and read back.

Every step finds out first what is already so, and writes down afterwards what it did; killed anywhere and run again, it ends
the same. Our own part of the mailbox is only ever what we put there: a label somebody else set, a mail somebody else moved
and a label somebody took off are left alone. Only held mail is ever moved, and nothing but our own notes is ever deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from triage import at_delivery, hearing, held_reading, label, noting
from triage.actor import Actor, Done
from triage.conclusion import Row
from triage.hearing import NOTE
from triage.label import HELD
from triage.ledger import Ledger, Location


def act(actor: Actor) -> Done:
    """Brings one mailbox to what the ledger wants. Raises Temporary when the line breaks; a second run goes on from there."""
    done = Done()
    held = actor.ledger.held()
    proposals = noting.proposals(actor)
    chosen = actor.settings.acting
    _erased(actor, done)
    if chosen.notes or chosen.hold:
        _folders(actor, done, needed=lambda: bool(proposals) or bool(held) or noting.tells(actor))
    if actor.box.can_move:
        _hold(actor, held, done, file=chosen.hold)
    elif chosen.hold and held:
        done.problems.append(f"{actor.name}: the server can move no mail safely, so mail under a restriction stays in the inbox")
    at_delivery.reconcile(actor, done)
    if chosen.labels:
        _labels(actor, done)
        _verdict_labels(actor, done)
    if chosen.notes:
        noting.write(actor, proposals, done)
    return done


def take_away_later(ledger: Ledger, keys: Collection[str]) -> None:
    """Has the next pass take away every note that tells of one of these mails, wherever staff have put it since, and the digests,
    which tell of everybody. Today's digest is then written anew."""
    gone: dict[str, set[str]] = {}
    for entry in ledger.entries(kinds=(NOTE,)):
        about = {*entry.subject["keys"], entry.subject.get("about")}
        if about.intersection(keys) or str(entry.subject["proposal"]).startswith(noting.DIGEST):
            gone.setdefault(str(entry.subject["mailbox"]), set()).add(str(entry.subject["message_id"]))
    for mailbox, message_ids in gone.items():
        waiting = json.loads(ledger.meta(_to_take_away(mailbox)) or "[]")
        ledger.set_meta(_to_take_away(mailbox), json.dumps(sorted({*waiting, *message_ids})))
        for one in ledger.notes(mailbox):
            if one.message_id in message_ids:
                ledger.forget_note(one.note_id, mailbox)


def _to_take_away(mailbox: str) -> str:
    """The ledger's name for the Message-IDs of notes of ours that are to be taken out of this mailbox."""
    return f"notes to take away {mailbox}"


def _erased(actor: Actor, done: Done) -> None:
    """Takes away the notes that tell of an erased person."""
    gone = json.loads(actor.ledger.meta(_to_take_away(actor.name)) or "[]")
    if not gone:
        return
    names, absent = actor.box.folders, set(actor.box.missing_folders())
    for folder in (name for name in (names.review, names.agree, names.dismiss) if name not in absent):
        mails = actor.ledger.placed_in(actor.name, folder)
        uids = [uid for message_id in gone for uid in actor.box.find_by_message_id(folder, message_id) if uid not in mails]
        done.notes_removed += len(uids)
        if uids:
            done.plan.append(f"take away what tells of somebody who was erased: {len(uids)} notes in {folder}")
        if uids and not actor.dry:
            actor.box.delete_own(folder, uids)
    if not actor.dry:
        actor.ledger.set_meta(_to_take_away(actor.name), "")


def _folders(actor: Actor, done: Done, *, needed: Callable[[], bool]) -> None:
    """The Triage tree is made (and subscribed) as soon as there is something to put into it."""
    missing = actor.box.missing_folders()
    if not (missing or actor.ledger.meta(_made(actor)) != "yes") or not needed():
        return
    if missing:
        done.plan.append(f"make the folders {', '.join(missing)}")
    done.folders = len(missing)
    if not actor.dry:
        actor.box.create_folders()
        with actor.ledger.transaction():
            actor.ledger.set_meta(_made(actor), "yes")  # until it says so, what a killed pass made may lack its subscription
            actor.ledger.journal("folders", at=actor.now, actor=actor.name, subject={"made": missing})


def _made(actor: Actor) -> str:
    """The ledger's name for "our folders are made and subscribed in this mailbox"."""
    return f"folders {actor.name}"


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


def _hold(actor: Actor, want: set[str], done: Done, *, file: bool) -> None:
    """Held mail (`want`) goes into the hold folder (with `file`); what we put there and is held no longer comes back in any case. What
    staff took out stays out."""
    names = actor.box.folders
    ours = set(actor.ledger.applied_at(actor.name, HELD))
    into = _uids(actor, names.inbox, want - ours if file else ())
    already = _uids(actor, names.held, want | ours)
    adopted = {key for key in already.values() if key in want} - ours
    if adopted and not actor.dry:  # moved just before a crash: the move stands, the note of it was lost
        actor.ledger.remember_applied(actor.name, HELD, adopted, actor.now)
    done.held += _move(actor, into, names.inbox, names.held, "held", done)
    back = {uid: key for uid, key in already.items() if key in ours and key not in want}
    done.released += _move(actor, back, names.held, names.inbox, "released", done)
    if not actor.dry:
        _forget_returned(actor, ours - want)
        _unread(actor, want)


def _unread(actor: Actor, want: set[str]) -> None:
    """Writes down which of the held mail nobody has opened yet: it has a day by which it is read."""
    since = actor.ledger.applied_at(actor.name, HELD)
    lying = _uids(actor, actor.box.folders.held, want & since.keys())
    unread: dict[str, datetime] = {}
    if lying:
        actor.box.open(actor.box.folders.held)
        flags = actor.box.flags(lying)
        unread = {key: since[key] for uid, key in lying.items() if held_reading.SEEN not in flags.get(uid, {held_reading.SEEN})}
    held_reading.write_down(actor.ledger, actor.name, unread)


def _forget_returned(actor: Actor, keys: set[str]) -> None:
    """Of mail that is held no longer: what lies in the inbox again, put back by staff or just before a crash, is settled."""
    names = actor.box.folders
    back = set(_uids(actor, names.inbox, keys).values()) - set(_uids(actor, names.held, keys).values())
    if back:
        actor.ledger.forget_applied(actor.name, HELD, back)


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


def _labels(actor: Actor, done: Done) -> None:
    """Labels on the mails in the inbox and in the hold folder; a label somebody took off is not put on again."""
    keys = actor.ledger.mislabelled(actor.name, label.FINDINGS)
    wanted = actor.ledger.wanted(keys) if keys else {}
    _relabel(actor, keys, wanted, done, (actor.box.folders.inbox, actor.box.folders.held))


def _relabel(actor: Actor, keys: Collection[str], wanted: dict[str, Row], done: Done, folders: Iterable[str]) -> None:
    """Puts on these mails, where they lie in these folders, the labels that are wanted of them, and takes off what else is ours."""
    applied = actor.ledger.applied(actor.name, keys)
    for folder in folders:
        if uids := _uids(actor, folder, keys):
            _label_folder(actor, folder, uids, wanted, applied, done)
    done.plan += [f"{words}: {count} mails" for words, count in done.tally.items()]
    done.tally.clear()


def _verdict_labels(actor: Actor, done: Done) -> None:
    """Takes off a verdict label whose verdict somebody took back by an answer: it would go on saying what is no longer so."""
    back = hearing.taken_back(actor.ledger, actor.name)
    uids = _uids(actor, actor.box.folders.inbox, back)
    if not uids:
        return
    actor.box.open(actor.box.folders.inbox, write=True)
    for name in label.VERDICTS:
        bearing = {uid for uid in actor.box.bearing(name) if back.get(uids.get(uid, "")) == name}
        if bearing:
            done.plan.append(f"take off label {name}, as its verdict was taken back: {len(bearing)} mails")
            done.unlabelled += len(bearing)
        if bearing and not actor.dry:
            actor.box.remove_labels(bearing, name)


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
        if actor.ledger.meta(_no_copies(actor)) == "yes":
            add = {}
        drop = {key for uid, key in uids.items() if name not in _labels_of(key, wanted) and key in ours}
        if add:
            done.tally[f"copy to {actor.box.folders.of_label(name)}"] += len(add)
        if drop:
            done.tally[f"take copies out of {actor.box.folders.of_label(name)}"] += len(drop)
        done.labelled += len(add)
        done.unlabelled += len(drop)
        if not actor.dry and add:
            done.labelled -= _copy(actor, folder, name, add, done)
        if not actor.dry and drop:
            _take_copies(actor, name, drop)


def _no_copies(actor: Actor) -> str:
    """The ledger's name for "the copies that this mailbox's server makes are not whole"."""
    return f"no copies {actor.name}"


def _copy(actor: Actor, folder: str, name: str, uids: dict[int, str], done: Done) -> int:
    """Copies mails into a label's folder, unless a copy is there already (from a pass that was cut off); how many failed."""
    target = actor.box.create_label_folder(name)
    known = {message.key: message.message_id for message in actor.ledger.messages(uids.values())}
    there = {key: found for key, message_id in known.items() if (found := actor.box.find_by_message_id(target, message_id))}
    validity = actor.box.open(target).uidvalidity
    actor.box.open(folder)
    made = actor.box.copy([uid for uid, key in uids.items() if key not in there], target)
    bad = {uid for uid, (_, copy) in made.items() if copy not in actor.box.find_by_message_id(target, known[uids[uid]])}
    if bad:  # read back: there is a server whose copies are empty
        actor.box.remove_copies(name, [made.pop(uid)[1] for uid in bad])
        actor.ledger.set_meta(_no_copies(actor), "yes")
        done.problems.append(
            f"{actor.name}: the server keeps no labels in {folder}, and its copies are not whole, so they were taken away again "
            f"and no more are made; what the labels would say stands in the notes and in `triage explain`"
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
    return len(bad)


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
        done.tally[f"label {name}"] += len(add)
    if actor.dry:
        return len(add)
    stands = actor.box.add_labels(add, name) if add else frozenset[int]()
    if len(stands) < len(add):
        done.problems.append(
            f"{folder}: the label {name} did not stay on {len(add) - len(stands)} mails; the next pass tries again"
        )
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
        done.tally[f"take off label {name}"] += len(bearing)
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


def undo(actor: Actor) -> Done:
    """Takes off everything we put into one mailbox: labels, notes, folders; held mail goes back to the inbox.

    What staff put into our folders themselves stays, and so does the folder that holds it. The caller has taken in the mailbox
    just before, so that the ledger knows where everything lies.
    """
    done, names = Done(), actor.box.folders
    at_delivery.take_away(actor, done)
    missing = set(actor.box.missing_folders())
    there = [folder for folder in (names.inbox, names.held, names.agree, names.dismiss) if folder not in missing]
    _adopt(actor, there)
    applied = actor.ledger.applied(actor.name)
    if names.held not in missing:
        back = _uids(actor, names.held, applied.get(HELD, set()))
        done.released += _move(actor, back, names.held, names.inbox, "released", done)
    known = {key for name in label.FINDINGS for key in applied.get(name, ())}
    _relabel(actor, known, {}, done, there)
    noting.take_away(actor, [folder for folder in (names.review, names.agree, names.dismiss) if folder not in missing], done)
    if actor.dry:
        done.folders = sum(
            _would_be_empty(actor, folder, applied.get(HELD, set())) for folder in names.ours if folder not in missing
        )
    else:
        actor.ledger.forget_applied(actor.name, HELD, applied.get(HELD, set()))
        for folder in (*names.ours, *actor.box.label_folders):
            if actor.box.delete_folder_if_empty(folder) and folder in names.ours and folder not in missing:
                done.folders += 1
        actor.box.delete_folder_if_empty(names.parent)
        actor.ledger.set_meta(_made(actor), "")
        actor.ledger.journal("undone", at=actor.now, actor="triage", subject={"mailbox": actor.name, "released": done.released})
    return done


def _would_be_empty(actor: Actor, folder: str, held: set[str]) -> bool:
    """Whether nothing would lie in one of our folders once our notes are taken away and held mail is put back."""
    back = set(_uids(actor, folder, held)) if folder == actor.box.folders.held else set[int]()
    ours = noting.written(actor)
    return all(uid in back or message_id in ours for uid, message_id in actor.box.message_ids(folder).items())


def _adopt(actor: Actor, folders: Iterable[str]) -> None:
    """Writes down what a pass did just before it was killed: labels and holds that are wanted and are there."""
    wanted, applied = actor.ledger.wanted(), actor.ledger.applied(actor.name)
    held = {key for key in _uids(actor, actor.box.folders.held, wanted).values() if wanted[key]["held"]}
    found = {HELD: held - applied.get(HELD, set())}
    for folder in folders:
        if uids := _uids(actor, folder, wanted):
            actor.box.open(folder)
            for uid, flags in actor.box.flags(uids).items():
                for name in flags & _labels_of(uids[uid], wanted):
                    found.setdefault(name, set()).add(uids[uid])
    for name, keys in found.items():
        if keys - applied.get(name, set()):
            actor.ledger.remember_applied(actor.name, name, keys - applied.get(name, set()), actor.now)
