"""Monitors measured on labelled transcripts, and trained on them; whose transcripts, the user decides and fetches.

The nouns: a **set** is a named collection of **runs**, whatever format their files have; a run has **turns** (words, acts)
and a label. What a foreign transcript does is **stated** from its tool calls: who would get something, could it be undone.
**Rows** are runs made ready to be scored many times. The **fit** trains weights anew, **further** takes given ones on; the
**bench** scores runs with weights that never saw them, in four ways (as shipped, in folds, one behaviour left out, across
sets) and prints the two controls beside each: the prompt alone, and shuffled labels. A monitor that is no
better than its controls has learnt the data, not the deed.
"""
