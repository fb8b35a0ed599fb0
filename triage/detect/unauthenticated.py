"""Unauthenticated: our own server could not confirm the sender (RFC 8601), so the mail must not count against the name it bears."""

from __future__ import annotations

from collections.abc import Iterable

from triage.evidence import Evidence
from triage.finding import Quote, Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign quoting what the server noted, on a mail that failed; a mail nobody checked gets none (practice, trap T9)."""
    message = evidence.message
    if message.authenticity != "fail":
        return
    yield Sign(
        kind="unauthenticated",
        strength=0.99,
        severity="advisory",
        quotes=(Quote(message.message_id, message.authentication_note or "authentication failed"),),
        reason=f"The mail claims to be from {message.sender.email}, but our server found that it is not.",
    )
