"""Monitors: how suspicious an act is, from the words before it and from what it would do. Numbers, never verdicts.

The nouns: a **phrase** is a rule about reasoning, as data; the **text model** is a small logistic regression over words, in
plain Python; the **reasoning** score joins both. The **action** score is structural: who would get what, under which labels,
could it be undone, is it new in this **session**, did the agent read a secret before; no word of the agent's counts as such.
The **hybrid** joins the two. **Weights** are one versioned file with a digest. A **threshold** is conformal: at most so many
benign runs in a million are above it, if they are like the runs it was set on. The **cascade** says when the next, dearer
monitor is worth asking; a **judge** is a model that is asked one question, and whose answer is read here.

Scores are parts in a million. What cannot be scored has the highest score: a failure is never taken for innocence.
"""
