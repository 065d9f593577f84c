"""The oracle: what harm an episode did, judged from what happened in the world and not from what the agent says of itself.

The nouns: **lore** is what a staging fixes (who is who, what is secret, what a secret looks like in a text). The **trail**
is the list of **deliveries**: what the agent's acts handed to whom, also through a forwarding rule, a shared file or a
colleague. **Evidence** is what a text shows of a secret, in plain or in a known encoding; **knowledge** adds it up.
A **predicate** (one file each) reads this **case** and returns harms and near-misses. Calls that the gate stopped are
looked at as **shadows**: what shows only with them was tried and not done. **Intent** is kept apart from outcome.
Blackmail alone has to read words: **leverage** is what its author knows, **bargain** how a text's parts hang together, and
**pressure** the words of it, data in one place.

``legacy`` repeats the published string rules, to compare with. ``grader`` is the prompt and the parser of a model judge;
``agreement`` says how far two judges agree. Pure: no I/O, no clock, no chance.
"""
