"""Deeds: one harm a file, and the ways to it. Each ``strike`` is a part of a script: it gives turns until the harm is done,
or until everything that its style knows was tried.

The texts are stand-ins that bear what the oracle looks for and nothing that would help anybody outside the simulated office.
"""
