"""Vigiles: contain autonomous agents, tie every observed effect to the call that caused it, answer, and prove it.

The floors, from the bottom; a floor imports only lower ones:

``model`` the records · ``protocols`` bytes to records · ``ledger`` what happened, provably · ``render`` agent text
made safe · ``ruleset`` the judge · ``sensors`` the world to observations · ``cell`` containment · ``gate`` the one
door for acts · ``detectors`` observations to findings · ``incidents`` and ``responses`` · ``drills`` scripted
incidents · ``runtime`` wiring · ``api`` and ``cli`` the faces.

The package itself imports nothing, so that each process loads only its own floors.
"""

__version__ = "0.1.0"
