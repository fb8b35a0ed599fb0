"""The labels, few and neutral: about conduct, never about the person, because anyone with the mailbox can read them (S15, X16).

They are also the IMAP keywords, so each is an atom in lower case (RFC 9051 section 7.1, RFC 5788); a Maildir server keeps
only 26 in all.
"""

from __future__ import annotations

from triage.finding import KINDS, SURE, Finding

REPEAT, VOLUME, STAFF, CONDUCT = "triage-repeat", "triage-volume", "triage-staff", "triage-conduct"
URGENT, PROTECTED, OVERDUE, HOLD = "triage-urgent", "triage-protected", "triage-overdue", "triage-hold"
AGREE, DISMISS = "triage-agree", "triage-dismiss"

HELD = "held"
"""The ledger's word for "we moved it into the hold folder" (or our Sieve script put it there), beside the labels."""

NOTE_HEADER = "X-Triage-Note"
"""Marks a mail as one of our notes; its value is the proposal's id. Such mails are never read as contacts."""

FINDINGS = (REPEAT, VOLUME, STAFF, CONDUCT, URGENT, PROTECTED, OVERDUE, HOLD)
VERDICTS = (AGREE, DISMISS)
"""What staff may set to give a verdict in a client that shows keywords."""

OF_KIND = {
    "repeat": REPEAT,
    "after_stop": REPEAT,
    "arguing": REPEAT,
    "volume": VOLUME,
    "staff_shopping": STAFF,
    "named_staff": STAFF,
    "welfare": URGENT,
    "threat": URGENT,
    "illegal": URGENT,
} | {kind: PROTECTED for kind, family in KINDS.items() if family == "protective" and kind != "welfare"}


def of(finding: Finding) -> str:
    """The label a finding puts on its mail; "" when it puts none (our own conduct, dismissed, advisory, unsure)."""
    protective = KINDS[finding.kind] == "protective"
    shown = finding.strength >= SURE and (protective or finding.severity != "advisory")
    if finding.by_staff or finding.dismissed or not shown:
        return ""
    return OF_KIND.get(finding.kind, CONDUCT)
