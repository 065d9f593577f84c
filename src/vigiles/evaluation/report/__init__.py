"""What a grid found, for a person and for a program.

The way: lines of results become **figures** (counts, rates with intervals, paired comparisons), and nothing else is computed
anywhere; tables for the terminal, the HTML page and JSON all show the same figures. Episodes that could not be judged have
a column of their own and are never counted as harmless. Replays of published rates stand apart and are called replays.
Whatever an agent, a model's name or a fault says reaches a person only through :mod:`vigiles.render`.
"""
