"""What people wrote when they decided something, apart from the journal: it names people and must be erasable.

The journal keeps a paper's SHA-256, so a paper that was changed afterwards is told from the one that was written, and a paper
that was erased leaves its entry behind: that something was decided, when and by whom, stays.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from triage.errors import Permanent
from triage.ledger import tables
from triage.ledger.payload import as_json
from triage.ledger.store import Store, chunks


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Papers(Store):
    """Papers by their SHA-256 (hex)."""

    def keep_paper(self, content: Mapping[str, Any]) -> str:
        """Keep JSON-able content and give its digest. A random salt in it keeps short content from being guessed once erased."""
        text = as_json({**content, "salt": secrets.token_hex(16)})
        digest = _digest(text)
        with self._writing() as connection:
            connection.execute(insert(tables.papers), {"digest": digest, "payload": text})
        return digest

    def papers(self, digests: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Digest → content of those that are still kept. Raises Permanent when one is not what was written."""
        of = tables.papers.c
        found = {}
        with self._reading() as connection:
            for some in chunks(digests):
                for row in connection.execute(select(of.digest, of.payload).where(of.digest.in_(some))):
                    if _digest(row.payload) != row.digest:
                        raise Permanent(
                            f"the paper {row.digest[:12]} in the ledger was changed after it was written; restore a copy of the ledger"
                        )
                    found[row.digest] = {name: part for name, part in json.loads(row.payload).items() if name != "salt"}
        return found

    def erase_papers(self, digests: Iterable[str]) -> None:
        """Erase these papers; the journal still tells that they were."""
        with self._writing() as connection:
            for some in chunks(digests):
                connection.execute(delete(tables.papers).where(tables.papers.c.digest.in_(some)))
