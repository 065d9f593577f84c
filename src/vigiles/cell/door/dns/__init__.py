"""Names that a cell's programs ask for, and the addresses that they are given.

A *question* comes to ``service`` over UDP or TCP; ``answer`` says whose it is, whether the profile lists the name, and what
is told. The addresses are *synthetic*: made up, one for each name, so that a plain connect says exactly where it wants to
go. *Names* remembers which were given out; the door looks there when somebody connects. Real look-ups, and the dialling of
what they find, are not made here.
"""
