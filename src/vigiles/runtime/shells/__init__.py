"""A persistent shell: one command after another, each a call of its own, with what the last one left.

- The **shell** (:mod:`~vigiles.runtime.shells.shell`) gives each command to a bash of its own, as a call.
- Its **script** (:mod:`~vigiles.runtime.shells.script`) makes that bash take up the last state, run the command and write
  the state down.
- The **state** (:mod:`~vigiles.runtime.shells.state`) is what is carried on: bytes on a descriptor of their own, parsed,
  never evaluated here.
- The **history** (:mod:`~vigiles.runtime.shells.history`) says which call last set each function, alias, trap and variable.

What flows where: command and last state into a call; outcome and next state out of it; what was planted for later commands
into the records.
"""
