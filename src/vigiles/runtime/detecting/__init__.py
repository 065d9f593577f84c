"""Detectors beyond those of one episode's pipeline: a profile's own, across episodes, against a baseline, over old records.

- **Own detectors** are those that installed packages offer and a profile names.
- **Across** looks at all episodes of one supervisor together, and tells each what was found about it.
- A **baseline** is what honest episodes of a home share, learnt from runs that a person names.
- A **rescan** puts today's detectors to old records, and gives what they did not find then.

What flows where: the pipeline of each episode feeds its records in the ledger's order; findings come back to it, or go by a
**post** to the ledger when the episode is over. Detectors themselves are :mod:`vigiles.detectors`'s; nothing here strikes.
"""
