"""How fast Vigiles is, beside bubblewrap, in one run. ``uv run python -m benchmarks``.

A **subject** is one thing that is timed; a **round** times every subject once, in turn, so that whatever else the machine
does falls on all of them alike. A **row** compares ours with the reference, round by round, against a **bar**. The bars are
those that the project set itself. Nothing here is part of the test suite's verdict: speed depends on the machine.
"""
