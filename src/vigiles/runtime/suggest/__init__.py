"""A ruleset from what runs did: watch with the ``observe`` profile first, then enforce what was seen.

What flows: a run's records are read twice. First everything a detector concluded is noted, and with it the records and
places that it names; then (:mod:`~vigiles.runtime.suggest.learn`) everything else that was done becomes **learned**: hosts,
programs, tools, budgets. What looks dangerous, or cannot be written as a rule, is **left out** with a reason, never learned.
:mod:`~vigiles.runtime.suggest.write` makes a profile's texts of it, and :mod:`~vigiles.runtime.suggest.replay` puts the same
records to that profile: nothing that was learned may be refused.
"""
