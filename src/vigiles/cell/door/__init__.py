"""The door: the only way out of a cell to a network, one process a cell, outside the cell's namespaces.

The door is given *listening* sockets that live in the cell's network namespace and dials out from its own. The nouns: a
*caller* (whose connection is this? the notifier knows, :mod:`~vigiles.cell.door.callers`), a *flow* (one conversation and
what was seen of it, :mod:`~vigiles.cell.door.flow`), the *roll* of open flows that a cut runs through
(:mod:`~vigiles.cell.door.roll`), the *allowance* of bytes, the *names* that DNS gave out.

What flows where: ``proxy``, ``socks`` and ``transparent`` accept connections and decide with
:mod:`vigiles.ruleset.egress`; ``tunnel`` and ``exchange`` hold the client to what it promised
(:mod:`~vigiles.cell.door.promise`) and let bytes pass (``relay``); ``dns_service`` answers names; ``report`` sends every
observation to the supervisor over the control socket, and ``control`` carries out its orders. ``main`` is the process.
"""
