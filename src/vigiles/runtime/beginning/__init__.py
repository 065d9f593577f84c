"""How an episode begins: nothing is called before what was asked for stands, was tried and is on record.

- **Opening** is the one way in for every face: services, profile and work directory become an episode.
- The **beginning** says which cell it gets, made new or taken **warm**, and has it preflighted, entrusted and watched.
- The **records** are what an episode begins with, whatever its cell is.
- The **preparation** is one record of what was asked for and what is applied, after the cell was probed.

What flows where: an outfit goes to a launcher, a cell comes back; if a control that the profile asks for cannot be set up,
the cell does not start, and the reason goes to the face. The end is :mod:`vigiles.runtime.ending`.
"""
