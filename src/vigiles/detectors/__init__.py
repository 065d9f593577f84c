"""Floor 5: from what was recorded to what it means.

The nouns: a **rule** is data (severity, techniques, thresholds, author, source); a **detector** is a small pure machine that
is fed every record of one episode, in ledger order, and returns **findings**; **evidence** are ids of records; a **cause**
names what findings have in common, so that the floor above can make one incident of them.

What flows: acts, verdicts, results, claims and observations in; findings out, each on the first record that suffices. A
detector reads no clock and does no I/O: time arrives in the records. The id of a finding is a digest of its detector, rule
and evidence, so a replayed ledger gives the same findings, byte for byte. Memory is bounded: old keys are forgotten first.

Observations come before words: command lines and claims are hints unless they *are* the deed (an executed ``ssh -R``).
Weak signs are votes; one strong sign or two independent votes make a finding. Nothing here strikes; see ``responses``.
"""
