"""The door: the only way out of a cell to a network, one process a cell, outside the cell's namespaces.

The door is given *listening* sockets that live in the cell's network namespace and dials out from its own. The nouns: a
*caller* (whose connection is this? the notifier knows, :mod:`~vigiles.cell.door.callers`), the *allowance* of bytes, the
*credentials* it holds, a *refusal*; and those of its rooms.

What flows where: connections come in by the :mod:`~vigiles.cell.door.entrances`, which decide with
:mod:`vigiles.ruleset.egress`; :mod:`~vigiles.cell.door.tls` ends TLS where the profile says so;
:mod:`~vigiles.cell.door.passing` holds the client to what it promised and lets bytes pass; and
:mod:`~vigiles.cell.door.flows` has what was seen of each conversation and sends it to the supervisor over the control
socket. These four rooms import what stands here, and each other in this order, never back. :mod:`~vigiles.cell.door.dns`
answers names. ``control`` carries out the supervisor's orders, ``door`` is what all of them share, ``main`` the process.
"""
