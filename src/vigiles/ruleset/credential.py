"""One credential that the door holds, and where it may go. The secret itself is in no profile."""

from __future__ import annotations

from typing import Literal

import msgspec

Placement = Literal["bearer", "basic", "header", "query"]


class Credential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agent holds a placeholder in ``variable`` and, or, ``file`` (below its home): ``prefix`` and random characters.

    In requests to exactly one of ``hosts`` (canonical ``host:port``), ``place`` says where the door puts the secret for it:
    ``bearer`` and ``basic`` in Authorization, ``header`` in the field called ``header``, ``query`` in the parameter called
    ``parameter``. The secret comes from the supervisor's variable ``from_variable`` or from ``from_file``, one of them.
    ``clear``: also where the way to the host is not encrypted.
    """

    name: str = ""
    hosts: list[str] = []
    place: Placement = "bearer"
    header: str = ""
    parameter: str = ""
    variable: str = ""
    file: str = ""
    prefix: str = ""
    from_variable: str = ""
    from_file: str = ""
    clear: bool = False
