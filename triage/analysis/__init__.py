"""Tables for analysts: what the ledger holds as typed pandas frames, read-only, and without names unless somebody asks for them.

columns.py      every table and column, with type and meaning; docs/data.md is made from it
pseudonym.py    stable names that tell nobody who it is
source.py       ledger → the mails, conclusions and verdicts the tables are made of
mails.py        messages, recipients, answers · dealings.py  contacts, matters · seen.py  findings, decisions, exposure, incidents
restrictions.py  holds
language.py     whether a mail is in English
tables.py       all of them together; parquet.py  written to files
rates.py        shares with their intervals, small numbers left out
replay.py       what other thresholds would have flagged
charts.py       pictures, for the notebooks (needs the extra "notebooks")

from triage import analysis
tables = analysis.read("settings.ini")
tables.matters.groupby("team")["late"].mean()
"""

from triage.analysis.columns import TABLES, dictionary
from triage.analysis.rates import agreement, difference, rates, share, whole_months, wilson, without_slips
from triage.analysis.tables import Tables, read

__all__ = [
    "TABLES",
    "Tables",
    "agreement",
    "dictionary",
    "difference",
    "rates",
    "read",
    "share",
    "whole_months",
    "wilson",
    "without_slips",
]
