"""The door: the only way out of a cell to a network, one process a cell, outside the cell's namespaces.

The door is given *listening* sockets that live in the cell's network namespace and dials out from its own. The nouns: a
*caller* (whose connection is this? the notifier knows, :mod:`~vigiles.cell.door.callers`), the *allowance* of bytes, the
*credentials* it holds, a *refusal*; and those of its rooms.

What flows where: :mod:`~vigiles.cell.door.flows` has what was seen of each conversation and sends it to the supervisor over
the control socket, and ``control`` carries out the supervisor's orders. ``proxy``, ``socks`` and ``transparent`` accept
connections and decide with :mod:`vigiles.ruleset.egress`; :mod:`~vigiles.cell.door.passing` holds the client to what it
promised and lets bytes pass, through :mod:`~vigiles.cell.door.tls` where TLS ends at the door.
:mod:`~vigiles.cell.door.dns` answers names. ``door`` is what all of them share, ``main`` the process.
"""
