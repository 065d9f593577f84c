"""Floor 3: containment. One episode's processes live in one cell.

The **launcher** forks a cell's processes: **init** (process 1, inside), the **notifier** and the **door** (outside). A
**spec** says what to make and the **view** what is seen in it; a **call** puts up its own walls and executes. Orders go down
and words come up over socket pairs (``messages``, ``wire``); ``handle`` is the supervisor's end of them, with an
``outbox`` in which no order is lost and a ``door_line``. What is ``forked`` never comes back to its parent's work.
``probe`` tries what must fail, and :mod:`~vigiles.cell.changes` takes what an episode changed back to the work directory, or
holds it for a person.

``launching`` orders cells from a launcher: at once, or *prepared*, all but the work directory, and *adopted* later. As root
a cell has control **groups**; on a ``rootfs`` it has another root than the host's; ``bare`` is a cell without namespaces.
"""
