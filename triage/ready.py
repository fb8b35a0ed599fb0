"""Importing this loads what reading and judging mail needs: the program, its phrase books, its models.

Workers (`triage.crew`) begin with it: it is loaded once, in the process that they are all made from, so that none of them spends
seconds on loading it again, and they share the memory it lies in.
"""

from __future__ import annotations

import gc
from contextlib import suppress

from triage import crew, intake, judgement
from triage.errors import TriageError

__all__ = ["intake", "judgement"]

crew.be_silent()
with suppress(TriageError):  # what is wrong with a phrase book, the pass says itself
    judgement.load_all()
gc.set_threshold(100_000, 20, 20)  # reading a mail makes tens of thousands of objects and hardly a ring among them
gc.freeze()  # garbage collection writes into whatever it looks at, and what is written to is shared no longer
