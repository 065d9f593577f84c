"""Floor 6: what stands between an agent's act in a world of data and people, and the deed.

The nouns: a **safeguard** is one measure that can be switched on or off: instruction lines, need-to-know, flow control,
approval, a monitor, an output classifier, the Rule-of-Two meter. Each gives an **opinion** of what is **asked**: an act, its
**effect** as its performer states it, and the **session** so far. The strictest opinion wins; the **safeguarded judge**
hands it to the gate, which alone joins a verdict to a deed. Pure: what a model or a person said arrives as a record.
"""
