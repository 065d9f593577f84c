"""The outside of a drill: real servers on documentation addresses (RFC 5737) in a network namespace of their own.

The nouns: the **namespace** has a loopback that owns 203.0.113.0/24 and the metadata address, and nothing else, so nothing a
drill does can leave it. **Servers**: an SSH server, a mining pool, an allowed package **mirror** (whose host has been taken
over: its port 443 speaks SSH and Stratum as well), a metadata service with honey credentials, an internal service, a paste
host, and a **visitor** who uses every reverse tunnel from the far side. Each server appends **effects** to one journal.

What flows: :mod:`enter` makes the namespace and runs a command in it; :mod:`process` starts :mod:`serve` as a child that
dies with its parent; the journal is read back as :class:`~vigiles.drills.world.journal.Effect` values.
"""
