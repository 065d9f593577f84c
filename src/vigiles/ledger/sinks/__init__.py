"""Checkpoints kept elsewhere: the only thing against which a cut tail, or a history made anew, shows.

The nouns, and what flows where:

- A **sink** is a place outside the store: a *file* (on another disk), a *webhook*, or a *witness* that cosigns
  (:mod:`~vigiles.ledger.sinks.file`, :mod:`~vigiles.ledger.sinks.webhook`, :mod:`~vigiles.ledger.sinks.witness`). A person
  names sinks in ``settings.toml`` of the home (:mod:`~vigiles.ledger.sinks.settings`).
- The recorder signs; the **sender** (:mod:`~vigiles.ledger.sinks.sender`), a process of its own without the key, delivers.
  The recorder starts it and wakes it through a pipe (:mod:`~vigiles.ledger.sinks.waking`), and never waits for it.
- A **delivery** (:mod:`~vigiles.ledger.sinks.delivery`) looks into the store for checkpoints beyond what its sink has,
  gives them, and keeps a **state** (:mod:`~vigiles.ledger.sinks.state`), so that what could not be delivered is delivered
  later, by whichever sender comes next.

What is given to a sink is given at least once, in order, and only after it is durable here.
"""
