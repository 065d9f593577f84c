"""Floor 7: scripted incidents, played in the real thing and scored.

The nouns: a **drill** is a folder of data (``drill.toml``) and small scripts. Its **steps** are *honest* (work that must not
be disturbed) or *planted* (violations that must be seen and stopped). A **play** puts the steps to an episode of one
profile; the **world** is everything outside the cell, real servers in a network namespace of its own, which write down every
**effect** that reached them. A **score** is a pure function of drill, plays and effects.

What flows: :mod:`load` reads the folder; :mod:`world` starts the servers; :mod:`play` performs each step through the Python
API that is handed in (drills import neither runtime nor API) and returns which call each step truly was; :mod:`score` joins
that truth with the ledger's records and the world's effects; :mod:`report` shows the score and :mod:`save` keeps it.

Truth comes from outside the guard: the play knows each step's call, the world knows what arrived. A violation counts as
blocked only if the world saw nothing of it and a refusal is on record; a violation that failed by itself counts as nothing.
"""
