"""The rows of tier U-."""

from __future__ import annotations

from vigiles.cell.bare.init import LEAST_ABI
from vigiles.kernel import landlock
from vigiles.runtime.doctor.bare import bare_rows


def test_scopes_and_sockets_are_tried() -> None:
    scopes, sockets = bare_rows()
    assert scopes.state == ("works" if landlock.abi() >= LEAST_ABI else "missing")
    assert (sockets.control, sockets.tier) == ("taking callers' sockets", "U-")
    assert sockets.state == "works", sockets.detail
