"""What the self-probe tries inside a new cell, one file for each kind of way out.

The nouns: an *attempt* (:mod:`vigiles.cell.attempt`) does one forbidden thing; ``network`` has the ways to a network,
``files`` those to files, mounts and namespaces, ``processes`` those to other processes and into the kernel, ``gates`` the
kernel's other system call tables. :mod:`vigiles.cell.probe` chooses among them. All of it runs in a forked child of the
cell's init, which sees no file of ours: everything is imported before.
"""
