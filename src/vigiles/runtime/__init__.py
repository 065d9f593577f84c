"""Settings and wiring: the only place that builds objects, and the only one that faces use.

Here lies the heart, what every episode is made of:

- **Services**: what one supervisor process has once: a client of the recorder, a launcher, *warm* cells that wait for an
  episode, and as root **tier R** with its kernel and denial *sensors*, shared by all episodes.
- **Episode**: one cell with its gate, pipeline and calls, under one profile; its *ending*.
- **Call**: one process from its act to its *outcome*; whatever goes wrong between the two has a *conclusion*.
- **Pipeline**: observation -> ledger -> detectors -> incidents -> what to do about it.
- **Strike**: does it, through the gate: cut, freeze with a snapshot, end, hold, notify.

Around it are rooms, each with a theory of its own. They know the heart, and each other in one direction only:

- before an episode: ``outfitting`` (profile -> a cell's plain values), ``preflight``, ``beginning``;
- while it runs: ``watching``, ``detecting`` beyond one episode, ``shells``, ``serving`` (asked by sockets), ``approving``
  (what persons say), ``attending`` (a command until its end), ``attach`` (a container that was there before);
- beside episodes: ``notify``, ``metrics``, ``doctor``, ``suggest``, ``trajectory``, ``evaluating``.

Who *listens* to an episode may fail: that is told, and stops nothing.

What flows where: cell and door words arrive at the episode's *watch*, get their full coordinates, enter the pipeline; its
plans come back to the episode as strikes. Faces (``api``, ``cli``) open episodes and read outcomes.
"""
