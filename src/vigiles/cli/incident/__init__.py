"""Incidents and campaigns: look into them, say a word on them, check their proof.

- The **listing** is ``vigiles incidents``. A **choice** is the one that a person names; **show** leads from its packets back
  to the call, and the **page** is the same as one HTML file, whose proof **verify** checks without a ledger.
- **Ack**, **suppress** and **close** are words that are **said** on an incident, each on record with who and why.

What flows where: incidents come from the ledger; words go to :mod:`vigiles.runtime.approving`, and change no record.
"""
