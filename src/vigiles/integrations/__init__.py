"""Floor 9: faces towards other people's systems, each behind an extra of its own. Nothing of Vigiles imports them.

Whoever needs one (a command, another system) finds it by its name and says which extra is missing.
"""
