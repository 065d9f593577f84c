"""Settings and wiring: the only place that builds objects, and the only one that faces use.

- **Services**: what one supervisor process has once: a client of the recorder, a launcher.
- **Episode**: one cell with its gate, pipeline and calls, under one profile.
- **Pipeline**: observation -> ledger -> detectors -> incidents -> what to do about it.
- **Strike**: does it, through the gate: cut, freeze with a snapshot, end, hold, notify.

- **Watches**: on processes and files of an episode, and on the ledger, without which no episode goes on.

What flows where: cell and door words arrive at the episode's *watch*, get their full coordinates, enter the pipeline; its
plans come back to the episode as strikes. Faces (``api``, ``cli``) open episodes and read outcomes.
"""
