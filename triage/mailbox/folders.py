"""Which folders there are and what they are called here; making and taking away the Triage tree."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from triage.errors import Permanent
from triage.label import FINDINGS
from triage.mailbox.account import Account, Folders
from triage.mailbox.listing import Listed, listed, namespace, subscribed
from triage.mailbox.refusal import Refused
from triage.mailbox.wire import Wire, folder_name

_SENT_NAMES = (
    *("sent", "sent items", "sent messages", "sent mail", "sent-mail", "gesendet", "gesendete objekte", "gesendete elemente"),
    *("envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados", "posta inviata", "inviata"),
    *("verzonden", "verzonden items", "skickat", "skickade objekt", "sendt", "sendt post", "lähetetyt", "wysłane"),
)
_DRAFT_NAMES = (
    *("drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "utkast", "kladder", "luonnokset"),
    *("rascunhos", "szkice"),
)


def find(wire: Wire, account: Account) -> Folders:
    """The folders as this server spells them. Raises Permanent when one named in the settings is not there."""
    known = listed(wire)
    inbox = _by_setting(account, "inbox", account.inbox, known) or "INBOX"
    stem = _stem(wire, known)
    return Folders(
        inbox=inbox,
        sent=_by_setting(account, "sent", account.sent, known) or _special(known, "\\sent", _SENT_NAMES),
        drafts=_special(known, "\\drafts", _DRAFT_NAMES),
        review=stem + "Review",
        agree=stem + "Agree",
        dismiss=stem + "Dismiss",
        held=stem + "Held",
    )


def _by_setting(account: Account, key: str, wanted: str | None, known: list[Listed]) -> str | None:
    if wanted is None or wanted.upper() == "INBOX":
        return wanted and "INBOX"
    usable = [folder.name for folder in known if folder.usable]
    if wanted in usable:
        return wanted
    alike = [name for name in usable if name.lower() == wanted.lower()]
    if len(alike) == 1:
        return alike[0]
    raise Permanent(
        f"{account.name}: {key} = {wanted} names no folder of this mailbox; it has: {', '.join(sorted(usable)[:40]) or 'none'}"
    )


def _special(known: list[Listed], attribute: str, names: tuple[str, ...]) -> str | None:
    """By its special use (RFC 6154), else by its usual names, the one nearest to the top."""
    usable = sorted((folder for folder in known if folder.usable), key=lambda folder: (folder.depth, folder.name))
    for folder in usable:
        if attribute in folder.attributes:
            return folder.name
    for name in names:
        for folder in usable:
            if folder.leaf.lower() == name:
                return folder.name
    return None


def _stem(wire: Wire, known: list[Listed]) -> str:
    """What our folders' names begin with: the personal namespace (RFC 2342), "Triage", the separator."""
    prefix, separator = _namespace(wire, known)
    return f"{prefix}Triage{separator}" if separator else f"{prefix}Triage-"


def _namespace(wire: Wire, known: list[Listed]) -> tuple[str, str]:
    separator = next((folder.separator for folder in known if folder.separator), "")
    if personal := namespace(wire):
        return personal[0], personal[1] or separator
    below_inbox = [f for f in known if separator and f.name.upper().startswith("INBOX" + separator)]
    if below_inbox and len(below_inbox) == sum(f.name.upper() != "INBOX" for f in known):
        return below_inbox[0].name[: len("INBOX" + separator)], separator  # such servers take no folder beside INBOX
    return "", separator


def missing(wire: Wire, folders: Folders) -> list[str]:
    there = {folder.name for folder in listed(wire) if folder.usable}
    return [name for name in folders.ours if name not in there]


def create(wire: Wire, wanted: Collection[str]) -> list[str]:
    """Makes and subscribes what is missing (clients show only subscribed folders). Returns the new ones; safe to repeat."""
    made: list[str] = []
    there = {folder.name for folder in listed(wire) if folder.usable}
    for name in (name for name in wanted if name not in there):
        try:
            wire.command("CREATE", folder_name(name))
            made.append(name)
        except Refused as refused:
            if refused.code != "ALREADYEXISTS":
                raise Permanent(f"{wire.name}: the folder {name} cannot be made: {refused}") from refused
    shown = subscribed(wire)
    for name in wanted:
        if name not in shown:
            wire.command("SUBSCRIBE", folder_name(name))
    return made


def delete_if_empty(wire: Wire, folders: Folders, folder: str) -> bool:
    """Takes away one folder of the Triage tree, or the tree's own parent, if it holds nothing. True when it is gone.

    It is renamed first, so that no client can move mail into it between our looking and our deleting.
    """
    if folder not in (*folders.ours, *FINDINGS, *map(folders.of_label, FINDINGS), folders.parent):
        raise ValueError(f"{folder} is not a folder of this program's own")
    aside = folder + "-being-removed"
    known = {f.name: f for f in listed(wire)}
    if aside in known and folder not in known:  # left by a crash
        wire.command("RENAME", folder_name(aside), folder_name(folder))
        known[folder] = known[aside]
    if folder in known:
        separator = known[folder].separator
        if any(name != folder and separator and name.startswith(folder + separator) for name in known):
            return False
        if known[folder].usable:
            if _messages(wire, folder):
                return False
            wire.command("RENAME", folder_name(folder), folder_name(aside))
            if _messages(wire, aside):
                wire.command("RENAME", folder_name(aside), folder_name(folder))
                return False
            wire.command("DELETE", folder_name(aside))
    for name in subscribed(wire) & {folder, aside}:
        with suppress(Refused):
            wire.command("UNSUBSCRIBE", folder_name(name))
    return True


def _messages(wire: Wire, folder: str) -> int:
    reply = wire.command("STATUS", folder_name(folder), "(MESSAGES)")
    for line in reply.untagged.get("STATUS", []):
        text = line if isinstance(line, bytes) else line[0]
        words = text.rpartition(b"(")[2].rstrip(b") ").split()
        if len(words) == 2 and words[0].upper() == b"MESSAGES":
            return int(words[1])
    raise Permanent(f"{wire.name}: the server does not say how many mails {folder} holds")
