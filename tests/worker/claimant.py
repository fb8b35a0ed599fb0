"""A worker without mail, for the tests of claims: works every thing of a list once, and writes down when it began and ended each."""

from __future__ import annotations

import os
import random
import time

import psycopg

from triage.errors import Temporary
from triage.ledger import Claims

WORK = 0.004
"""Seconds that each thing takes."""


def main(url: str) -> None:
    with (
        psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True) as rows,
        Claims(url) as claims,
    ):
        while True:
            waiting = rows.execute("select name from things where not done").fetchall()
            if not waiting:
                return
            for (name,) in random.sample(waiting, min(20, len(waiting))):
                if not claims.take(name):
                    continue
                if rows.execute("select done from things where name = %s", [name]).fetchone() == (False,):
                    _work(rows, claims, name)
                claims.give_back(name)


def _work(rows: psycopg.Connection[tuple[object, ...]], claims: Claims, name: str) -> None:
    begun = rows.execute(
        "insert into works (name, pid, begun) values (%s, %s, clock_timestamp()) returning id", [name, os.getpid()]
    ).fetchone()
    assert begun
    time.sleep(WORK)
    try:
        claims.check()
    except Temporary:
        return
    with rows.transaction():
        rows.execute("update works set ended = clock_timestamp() where id = %s", [begun[0]])
        rows.execute("update things set done = true where name = %s", [name])
