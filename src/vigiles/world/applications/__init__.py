"""What the office works with, one application a file: the tools it offers, and how its events change the state.

An application has ``VERBS`` (what the agent may call; each plans its effect, its events and its answer without doing
anything), ``FOLDS`` (event kind -> how it changes the state) and ``DEFAULTS`` (event kind -> how a character's cue becomes
the data of a whole event). The office alone records events, so what is planned and what is done cannot differ.
"""
