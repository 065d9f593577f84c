"""Who is told of incidents.

- **Status** says how far each receiver has been told, what waits and what fails; **testing** sends a harmless notice now.
- **Work** delivers what waits, and what comes, until it is stopped: a service of its own.

What flows where: receivers come from the home's settings, incidents from its ledger; :mod:`vigiles.runtime.notify` delivers.
"""
