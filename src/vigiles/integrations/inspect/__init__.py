"""Inspect AI (extra ``inspect``): models as agents of the office, and the office as an Inspect task.

What flows: :mod:`messages` turns our conversation into Inspect's messages and its output into our turns. :mod:`models` makes
**agents** of Inspect's models, for our own loop. :mod:`provider` offers our **scripted agents** as models of Inspect's.
:mod:`task` plays the office inside an Inspect evaluation, :mod:`scorer` hands Inspect the oracle's word, :mod:`logs` writes
what our own grid played as a log that ``inspect view`` opens. :mod:`ported` takes the published port's prompts from an
installed ``inspect_evals`` into an office of ours. :mod:`judge` asks a model how suspicious a step is; what it says is a
score on record, never a verdict.

The gate, the safeguards and the oracle are the same everywhere; Inspect brings models, logs and a viewer.
"""
