"""Floor 3: containment. One episode's processes live in one cell.

The **launcher** forks a cell's processes: **init** (process 1, inside), the **notifier** and the **door** (outside). A
**spec** says what to make and the **view** what is seen in it; a **call** puts up its own walls and executes. Orders go down
and words come up over socket pairs (``messages``, ``wire``); ``handle`` is the supervisor's end of them. ``probe`` tries
what must fail, ``apply`` takes changes back to the work directory.
"""
