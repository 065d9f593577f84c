"""Which roots the door of a cell that terminates TLS knows real hosts by, beside this machine's."""

from __future__ import annotations

import os
import ssl

from vigiles.cell.authority import terminates
from vigiles.model.errors import InputInvalid
from vigiles.ruleset.profile import Egress

#: A file of roots that is larger holds something else.
_LARGEST = 1 << 20


def roots(egress: Egress) -> list[str]:
    """Return the texts (PEM) of the further roots that a profile names. Raises :class:`InputInvalid` with the file."""
    if not terminates(egress):
        return []
    texts = []
    for name in egress.trust:
        path = os.path.abspath(os.path.expanduser(name))
        remedy = "Name files that hold root certificates in PEM form, and nothing else, in egress.trust."
        try:
            with open(path, "rb") as file:
                text = file.read(_LARGEST + 1).decode("ascii")
            if len(text) > _LARGEST:
                raise InputInvalid(f"{path} is larger than {_LARGEST} bytes", remedy)
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
        except (ssl.SSLError, ValueError) as error:
            raise InputInvalid(f"{path} holds no root certificates: {_why(error)}", remedy) from None
        except OSError as error:
            raise InputInvalid(f"{path}: {error.strerror}", remedy) from None
        texts.append(text)
    return texts


def _why(error: Exception) -> str:
    return str(getattr(error, "reason", "") or "not PEM").replace("_", " ").lower()
