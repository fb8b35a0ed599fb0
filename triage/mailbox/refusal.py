"""What a mail server's NO, BAD, or broken line means for the operator: what is wrong, and what comes next."""

from __future__ import annotations

import re

from triage.errors import Permanent, Temporary, TriageError

_CODE = re.compile(r"^\[([A-Za-z-]+)")
_CODES_THAT_PASS = {"UNAVAILABLE", "INUSE", "SERVERBUG", "EXPUNGEISSUED"}  # RFC 5530
_WORDS_THAT_PASS = ("throttl", "try again", "temporar", "too many connections", "too many simultaneous", "internal error")
_IMAPLIBS_FORM = re.compile(r"^(?:AUTHENTICATE |\w+ )?command error: (BAD|NO) \[b['\"](.*)['\"]\]$", re.DOTALL)
_IMAPLIBS_PREFIX = re.compile(r"^command: \w+ => ")
_NONSENSE = re.compile(r"^unexpected (?:tagged )?response: ")

AGAIN = "Nothing is lost, and the next pass tries again"
DOCTOR = f"{AGAIN}; if it is refused again, ask who runs the mail server (triage doctor tries each thing by itself)"
_NEXT = {  # by the response codes of RFC 5530 and RFC 9208
    "OVERQUOTA": f"The mailbox is full: make room in it or have its limit raised. {AGAIN}",
    "EXPIRED": f"The password has run out: set a new one, and write it where the settings say. {AGAIN}",
    "AUTHENTICATIONFAILED": f"The server no longer takes this log-in: check username and password. {AGAIN}",
    "AUTHORIZATIONFAILED": f"This user may not open the mailbox: have the right granted. {AGAIN}",
    "NOPERM": f"This user needs the right to do that: have it granted. {AGAIN}",
    "CONTACTADMIN": f"Ask who runs the mail server. {AGAIN}",
    "CORRUPTION": f"The server says that its mailbox is damaged: tell who runs it at once. {AGAIN}",
}


class Refused(Permanent):
    """The server answered NO or BAD; `code` is its RFC 5530 response code in upper case, or ""; `said` its own words."""

    code = ""
    said = ""


def refusal(what: str, text: str) -> TriageError:
    """The error for a NO or BAD: Temporary where the server's code or words say that it will pass."""
    code = code_of(text)
    words = plain(text)
    if passes(text):
        return Temporary(f"{what}: {words}. {AGAIN}.")
    refused = Refused(f"{what}: {words}. {_NEXT.get(code, DOCTOR)}.")
    refused.code, refused.said = code, text
    return refused


def broken(name: str, text: str) -> Temporary:
    """The error for a line that broke or made no sense."""
    return Temporary(f"{name}: the connection to the mail server broke: {plain(text)}. {AGAIN}.")


def code_of(text: str) -> str:
    found = _CODE.match(text)
    return found[1].upper() if found else ""


def passes(text: str) -> bool:
    return code_of(text) in _CODES_THAT_PASS or any(words in text.lower() for words in _WORDS_THAT_PASS)


def plain(text: str) -> str:
    """The server's words as a person reads them, without imaplib's way of telling them, and without a full stop.

    What makes no sense is not repeated: it may be what we sent, password and all, or a piece of somebody's mail.
    """
    text = _IMAPLIBS_PREFIX.sub("", text)
    if found := _IMAPLIBS_FORM.match(text):
        text = f"it answered {found[1]}: {found[2]}"
    if _NONSENSE.match(text):
        text = "it sent what makes no sense here"
    return printable(text).rstrip(". ")


def printable(text: str, most: int = 300) -> str:
    """A server's words made safe for one line of a log or a terminal."""
    return "".join(c if c.isprintable() else " " for c in text[:most]).strip()
