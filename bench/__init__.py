"""Measurements of the whole program at work, run by hand: `python -m bench.first_pull`."""
