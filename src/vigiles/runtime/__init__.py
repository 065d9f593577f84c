"""Settings and wiring: the only place that builds objects, and the only one that faces use.

- **Services**: what one supervisor process has once: a client of the recorder, a launcher, *warm* cells that wait for an
  episode, and as root **tier R** with its kernel and denial *sensors*, shared by all episodes.
- **Episode**: one cell with its gate, pipeline and calls, under one profile; its *beginning* and its *ending*.
- **Pipeline**: observation -> ledger -> detectors -> incidents -> what to do about it.
- **Strike**: does it, through the gate: cut, freeze with a snapshot, end, hold, notify.
- **Shell**: one command after another, each a call, with what the last one left.
- **Review**: a person takes over, or discards, what was held back; that too passes the gate.
- **Watches**: on processes, files and disk of an episode, and on the ledger; one that fails ends the episode. Who *listens*
  to an episode may fail: that is told, and stops nothing.

What flows where: cell and door words arrive at the episode's *watch*, get their full coordinates, enter the pipeline; its
plans come back to the episode as strikes. Faces (``api``, ``cli``) open episodes and read outcomes.
"""
