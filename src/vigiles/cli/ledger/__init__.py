"""The record of everything: read it, prove it, hand it on, forget on record.

- **Query** lists records, **show** is one with its proof; **serve** shows them to users who may not open the ledger.
- **Verify** derives the whole ledger anew; the **tiles check** does it for a folder of tlog-tiles, which **export** writes.
- **Compare** says whether ledgers are of one history; **check fork** checks the proof that they are not. **Sinks** are where
  checkpoints go.
- **Erase** forgets bodies for a reason, **retain** what the profiles keep no longer; every proof stays.

What flows where: paths and keys go to :mod:`vigiles.ledger`, which does the work; problems come back, each one line.
"""
