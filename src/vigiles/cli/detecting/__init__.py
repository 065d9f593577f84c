"""Commands that have detectors look again, or otherwise.

- A **rescan** puts today's detectors to old records, and shows or records what is new.
- **Baseline learn** takes runs for honest, so that what their episodes share is no finding.

What flows where: runs are named on the command line, :mod:`vigiles.runtime.detecting` reads them from the ledger; what it
found or learnt is printed.
"""
