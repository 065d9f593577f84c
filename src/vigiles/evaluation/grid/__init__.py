"""Many episodes: agents x conditions x sets of safeguards x seeds.

The nouns: a **plan** is the whole grid as data, made of **blocks**; its **cells** are what is counted, each played on its
**seeds**. The plan is written into the **folder** of results before the first episode, with its digest, so nobody can say
afterwards that something else was meant. The **course** says which **job** (cell and seed) comes next, when a cell is
settled and when the money is spent; a **run** plays jobs, many at once, and writes one line for each as it ends. What is in
the folder is not played again, so a killed run goes on where it was.
"""
