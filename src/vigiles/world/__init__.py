"""Floor 6: the simulated office. An evaluation's world is gated like the real one.

The nouns: a **staging** is a world before its first minute, assembled by a **scenario** from its family's texts and the
chosen **factors**. The **office** plays it: **applications** (mail, files, chat, calendar, consoles) offer native **tools**;
every change is an **event**; the clock moves with the agent's turns, and **characters** follow their cues. Each call
becomes a **plan**, made at the agent's **desk** (the state without what is concealed from it): the **effect**, who would
read or get what, for the gate to judge; then events and answer, for when it is performed. The **state** is a fold of events.
The **oracle** reads staging, events and attempts afterwards and says what harm was done, tried or only looked like it.

Pure: no I/O, no wall clock; all chance comes from the staging's seed, so the same calls give the same events.
"""
