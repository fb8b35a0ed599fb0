"""The letters of the ladder as drafts: what a person needs to write to a customer, filled in from what is on file.

The program sends nothing. A letter is printed, or laid into Drafts; a person changes it, signs it, and sends it or not. When it is
sent, `triage.staff_reading` knows it again in Sent like any letter that people wrote by themselves. The words stand in
rules/letters, one file for each kind, and can be changed there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Any, Literal, get_args

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from triage.note import is_plain_id, one_line
from triage.policy import packs_folder

Kind = Literal[
    "expectations", "warning", "restriction", "review", "ending", "appeal-outcome", "mediation", "police-referral", "termination"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
IN_HOUSE: frozenset[str] = frozenset({"police-referral"})
"""Kinds that are for ourselves and never addressed to the customer."""


@dataclass(frozen=True, slots=True)
class Letter:
    kind: Kind
    to: str
    """The customer's address; "" for one that stays in the house."""
    subject: str
    """Their own subject: nothing of conduct stands where others may see it (003/3-a)."""
    body: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(  # whoever words a letter may not reach into the program
        loader=FileSystemLoader(packs_folder() / "letters"),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )


def body(kind: Kind, facts: Mapping[str, Any]) -> str:
    """The text of a letter. `facts`: every name its template uses; a missing one is a mistake of ours and raises."""
    text = _environment().get_template(f"{kind}.j2").render(facts)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def quoted(words: str, most: int = 200) -> str:
    """A customer's words fit to stand between quotation marks on one line."""
    return one_line(words, most).replace('"', "'")


def compose(letter: Letter, *, mailbox: str, now: datetime) -> bytes:
    """The draft as RFC 5322 bytes with CRLF line ends. `mailbox`: the address it is written from; `now`: aware."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = HeaderAddress(addr_spec=mailbox)
    mail["To"] = HeaderAddress(addr_spec=letter.to or mailbox)
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = now
    cited = [one for one in (*letter.references, letter.in_reply_to) if is_plain_id(one)][-20:]
    if cited and letter.to:
        mail["In-Reply-To"] = cited[-1]
        mail["References"] = " ".join(cited)
    mail.set_content(letter.body, cte="quoted-printable")
    return bytes(mail)
