"""The mailbox over IMAP: the only package that knows imapclient.

From the outside in: mailbox.py is what others use; folders.py, reading.py, labels.py, moving.py and idle.py are what it does;
connection.py connects; listing.py, records.py and uids.py read and write IMAP's notations; wire.py sends one command; stream.py
bounds the octets; account.py holds the values.
"""

from triage.label import NOTE_HEADER
from triage.mailbox.account import Account, Arrival, Folders, FolderState, Location
from triage.mailbox.labels import LABELS
from triage.mailbox.mailbox import Mailbox, connect

__all__ = ["LABELS", "NOTE_HEADER", "Account", "Arrival", "FolderState", "Folders", "Location", "Mailbox", "connect"]
