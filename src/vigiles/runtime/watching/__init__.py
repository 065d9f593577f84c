"""Watches on an episode: what the world saw of it, attributed to its calls, and what must never go unseen.

- The **watch** (:mod:`~vigiles.runtime.watching.watch`) is an episode's: it hears notifier, door and init, knows where each
  call stands, gives every record its full coordinates, and has the others look.
- **Processes**, **files**, the **disk** and the **ledger** each have a watch of their own; one that fails ends the episode.
- **Honey seen** are tokens of the episode in what a call wrote.
- A **sensor** is one for all episodes of a supervisor: the kernel's own programs, and what Landlock refused.
- **Probing** does the forbidden things behind a call's walls, to see that they fail.

What flows where: words of cell and door, and looks at the machine, become observations; those enter the episode's pipeline.
A watch strikes nobody: plans come back to the episode from there.
"""
