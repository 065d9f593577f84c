"""Floor 2, the judge: (ruleset, act, state) -> judgement; pure, so that replaying a ledger gives the same verdicts.

The nouns and what flows where:

- a **profile** is a folder a person can read: ``profile.toml`` (:mod:`~vigiles.ruleset.profile` holds its values) and
  ``rules.cedar`` (:mod:`~vigiles.ruleset.rules`). A profile may extend another; the folders then lie in **layers**;
- :mod:`~vigiles.ruleset.load` reads the layers' texts (the one module here that reads files) and
  :mod:`~vigiles.ruleset.compile` makes a **ruleset** of them: profile, judge, and the digest that names the exact texts.
  Every mistake in them is found at once, each with file, rule and line (:mod:`~vigiles.ruleset.mistake`);
- the **judge** (:mod:`~vigiles.ruleset.judge`) answers an act by Cedar: forbid beats permit, what no rule permits is
  denied, an error is a denial; **budgets** (:mod:`~vigiles.ruleset.budgets`) follow;
- a **grant** is a person's signed word on a held act: :mod:`~vigiles.ruleset.grants` hears it while the act waits,
  :mod:`~vigiles.ruleset.granted` checks it again on record, for an auditor (:mod:`~vigiles.ruleset.given`: does it count?);
- :mod:`~vigiles.ruleset.egress` is asked by the door, :mod:`~vigiles.ruleset.flags` by the overlay sensor, and
  :mod:`~vigiles.ruleset.feedback` by whoever tells training what a call was worth.
"""
