"""Telling people and their tools of incidents, at least once, without ever holding up a record or an act.

The nouns, and what flows where:

- A **receiver** is a webhook or a command that a person names under ``[notify.NAME]`` in ``settings.toml`` of the home
  (:mod:`~vigiles.runtime.notify.settings`).
- A **notice** is one thing to tell: an incident was opened, got worse, was closed, and so on. Notices follow from the
  ledger's incident records alone (:mod:`~vigiles.runtime.notify.notices`), so the ledger is the queue: nothing has to be
  put into one, and nothing in it can be lost. Its bytes are made by :mod:`~vigiles.runtime.notify.body`.
- A **delivery** (:mod:`~vigiles.runtime.notify.delivery`) remembers in the home how far its receiver has been told
  (:mod:`~vigiles.runtime.notify.state`), sends what comes after (:mod:`~vigiles.runtime.notify.send`, signed by
  :mod:`~vigiles.runtime.notify.signature`), and waits longer after each failure.
- The **worker** (:mod:`~vigiles.runtime.notify.worker`) is a process that does this for all receivers of a home. Each
  supervisor starts one; one at a time delivers.
"""
