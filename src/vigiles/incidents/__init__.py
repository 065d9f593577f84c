"""Floor 6: findings that belong together, and their story for a person.

The nouns: an **incident** is one cause in one episode, in versions, each a new record; its **severity** follows from its
findings by rule; its **three times** (occurred, became aware, cause established) start different clocks; its **life cycle**
is open, acknowledged, suppressed or closed; a **timeline** is everything the ledger holds about it, in order; a **report**
is the timeline as a person reads it in a terminal, from the flow back to the call; the **page** is the same as one HTML file
for somebody who was not there.

What flows: findings and responses in, incident versions out; records in, reports out. Nothing here strikes, reads a clock
or writes a ledger. Agent text in a report has gone through ``render``.
"""
