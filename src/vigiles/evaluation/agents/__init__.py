"""Scripted agents: what an insider may try, as programs, so that safeguards can be measured without any model.

The nouns: a **script** is a generator of turns, one file each; it works from what the tools show it and from what the
staging gives every script: the tasks and the **plot** (whom an insider of this scenario would go for). A **hand** is what it
acts through: it numbers calls and remembers what was shown. A **deed** is one harm and the ways to it; a **style** is how a
script goes about it (wording, route, parts, code, timing), and its **knobs** are the styles that the search may vary.
**Propensity** is the percentage of episodes in which a script does harm at all; which ones follows from the seed. The other
episodes it plays as the honest one does: every script does the day's work as cover.

Scripts are no models: what is measured with them is the safeguards, never how likely a model is to do harm.
"""
