"""Monitors: trained on labelled transcripts, and measured on others.

- **Train** writes weights, with thresholds from benign runs; **bench** says what the monitors are worth, controls beside.
- Their **work** has in common how sets and weights are read, and how it is said what is being done.

What flows where: sets are read from files, figures and weights come back as files or tables.
"""
