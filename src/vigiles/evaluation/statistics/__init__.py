"""Counts into rates: what may be said of them, and how surely.

The nouns: a **rate** is a count of a count, with an **interval**: Wilson's where episodes stand for themselves, a cluster
bootstrap where many share a scenario, an interval that holds at any time where the number of episodes was not fixed
before. **Paired** tests and intervals compare two sets of safeguards on the same seeds. All of it is pure, and the random
draws of a bootstrap come from a fixed seed, so the same results give the same table.
"""
