"""What an episode did to its work directory, and what of that is held back.

- The **episode choice** is which episode a person means: the last, or the beginning of a name.
- **Diff** shows its changes, call by call; **apply** takes over, leaves or discards what is held.
- The **held view** is one held change as lines for a person, with why it is held.

What flows where: changes come from the ledger and the folder of held files to the person; the answers go to
:mod:`vigiles.runtime.approving`, which asks the gate.
"""
