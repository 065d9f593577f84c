"""Evaluations, wired: a home's recorder, a run on record, and the processes that play.

- A **grid** (:mod:`~vigiles.runtime.evaluating.grid`) is played on record, by this process or by **workers**: each
  :mod:`~vigiles.runtime.evaluating.worker` takes jobs on standard input and gives lines of results on standard output, and
  :mod:`~vigiles.runtime.evaluating.workers` gives each job to the one with least to do.
- A **search** hunts for the worst case of each set of safeguards; a **replay** puts published rates to today's code.

What flows where: plans come from a face, what is played is :mod:`vigiles.evaluation`'s, lines of results go back to it.
No agent's cell is opened here.
"""
