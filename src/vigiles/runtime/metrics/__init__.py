"""Counts of what a ledger holds, as Prometheus reads them.

A **tally** (:mod:`~vigiles.runtime.metrics.tally`) is fed records once each and keeps numbers; :mod:`.exposition` writes
them in Prometheus' text format; :mod:`.collect` reads what a ledger has that the tally has not; :mod:`.serve` answers.
Every label's values are words of ours: nothing that an agent chose becomes a label, so their number is bounded.
"""
