"""Floor 1: bytes become facts. No input or output, no clock.

Every parser here is a small machine that is *fed* bytes as they came and answers with a frozen record once it knows
enough, ``None`` while it needs more, and :class:`~vigiles.protocols.malformed.Malformed` when the bytes cannot be what they
pretend to be. No parser keeps more than a stated number of bytes, so hostile input costs bounded memory and time.

What flows where: :mod:`~vigiles.protocols.first_flight` names a protocol by its first bytes; ``tls``, ``http``, ``ssh``,
``socks``, ``stratum``, ``websocket`` and ``dns`` read one protocol each; :mod:`~vigiles.protocols.dialogue` listens to both
directions of one connection and collects what all of them found as marks. The door and the detectors use the same ones, so a
recorded conversation judged later is judged by the same eyes.
"""
