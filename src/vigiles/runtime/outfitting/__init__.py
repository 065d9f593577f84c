"""From a profile to the plain values that a cell is made of, and what an episode is given to hold.

- The **outfit** (:mod:`~vigiles.runtime.outfitting.outfit`) is what a cell sees, its environment, its limits. On a **root
  of its own** it sees other folders; its door may **trust** other roots for TLS than this machine's.
- **Bare** is tier U-: when it is given, and what a cell without namespaces cannot do.
- **Credentials** are read where the profile says, and each gets a placeholder: the agent holds only that.
- **Honey** are tokens that open nothing, minted for one episode.

What flows where: a profile and a work directory in, a cell's plan and an episode's secrets out. Nothing is started here.
"""
