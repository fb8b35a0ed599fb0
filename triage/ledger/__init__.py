"""The ledger: the only owner of the database. It keeps what was read, what was concluded from it, and what was done.

What was read and what was done is only ever added to (and erased when a person asks for it); what was concluded can be
worked out again from these two and is replaced as a whole. The program can be killed at any moment: a transaction is there
entirely or not at all.

    tables.py       the tables · payload.py  values as JSON · schema.py, migrations/  how they come about and change
    engine.py       reaching it · fault.py  its errors in words · store.py  transactions
    mail.py         mails · places.py  cursors, locations · likeness.py  what ties mails and people together
    conclusions.py  contacts, matters, findings … · journal.py  what was done, hash-chained · notebook.py  notes, small facts
    applied.py      what of ours stands in the mailboxes · papers.py  what people wrote when they decided
    claims.py       which of several workers has which mailbox (PostgreSQL)
"""

from triage.ledger.claims import Claims
from triage.ledger.ledger import Ledger
from triage.ledger.records import ConclusionRows, Cursor, Entry, Location, MailFacts, Mark, Note, Recording

__all__ = ["Claims", "ConclusionRows", "Cursor", "Entry", "Ledger", "Location", "MailFacts", "Mark", "Note", "Recording"]
