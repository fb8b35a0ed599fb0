"""What the database's errors mean for the operator."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from triage.errors import Permanent, Temporary, TriageError

_LATER = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PROTOCOL", "SQLITE_NOMEM")
_LATER_STATES = ("08", "40", "53", "55P03", "57")
_FORBIDDEN_STATES = ("42501", "25006")
"""SQLSTATE classes of PostgreSQL (Appendix A of its manual): connection, rollback, resources, lock not available, shutdown."""


def in_words(error: DBAPIError, place: str) -> TriageError | None:
    """What a database error means for the operator; None when it is a mistake of this program, not of the world."""
    cause = error.orig
    name = str(getattr(cause, "sqlite_errorname", ""))
    state = str(getattr(cause, "sqlstate", "") or "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Temporary(f"The ledger {place} is locked by another program. Let it finish, or stop it, and try again.")
    if name.startswith("SQLITE_FULL"):
        return Temporary(f"There is no room left on the disk of the ledger {place}. Free some; nothing half-written was kept.")
    if name.startswith(_LATER) or error.connection_invalidated or (state and state.startswith(_LATER_STATES)):
        return Temporary(f"The ledger {place} cannot be reached now ({cause}). It is tried again later.")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return Permanent(
            f"{place} is no whole SQLite database ({cause}). Restore it from a backup, or name another file; "
            "if it is encrypted, name its key: [store] key_file = …"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return Permanent(f"The ledger {place} cannot be written ({cause}). Its file and folder must belong to this user.")
    if state in _FORBIDDEN_STATES:  # insufficient privilege, read-only transaction
        return Permanent(f"This user of the database {place} may not do that ({str(cause).strip()}).")
    if not name and not state and type(cause).__name__ == "OperationalError":  # no answer at all from a server
        return Temporary(f"The ledger {place} cannot be reached now. It is tried again later.")
    return None
