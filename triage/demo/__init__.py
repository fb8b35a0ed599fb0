"""`triage demo`: a sample mailbox of invented people on a mail server of its own, one pass, what was found, where to look.

    mails.toml     the mails, and what must be concluded from them
    sample.py      mails.toml → mails with dates relative to now
    embedded.py    the mail server: pymap, on a free port of this machine
    play.py        loads the mails, runs the same pass as `triage once`, twice
    screen.py      prints what came of it
    truth.py       compares it with what is known of the sample, so that the demo cannot claim what is not so
"""

from triage.demo.play import show

__all__ = ["show"]
