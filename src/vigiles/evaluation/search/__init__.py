"""Red-team search: which insider does worst by us?

The average attacker is nobody's attacker. A **candidate** is a scripted insider with its **knobs** (timing, wording, route,
splitting) in a world with its factors. Many are tried a little, the better half is tried more (*successive halving*), and
each round adds **mutants** of those that did best. The winner's rate is then measured again on **fresh** seeds that the
search never saw, for the best of many tries always looks better than it is. All chance comes from the search's own seed, so
the same search finds the same insider, and a killed one goes on where it was. The **worst** case of each hunt stays in the
folder, where a report of the grid beside it counts it.
"""
