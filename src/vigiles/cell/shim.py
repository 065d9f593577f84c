"""The shell shim: what stands in the place of a shell for an agent, so that each command line becomes its own call.

The shim is a small stand-alone script (``shim_main.py`` beside this file) that the cell's Python runs. It hands its
arguments, environment, directory and descriptors to the supervisor over a socket in the cell, forwards signals, and ends
as the call ends. The supervisor starts the real shell as a call of the same cell, in the view where shells are shells.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from vigiles.cell.view import SHIM_DIR

SOCKET = f"{SHIM_DIR}/call.sock"


@lru_cache(maxsize=1)
def text() -> str:
    """Return the script with the interpreter line that holds inside a cell."""
    with open(os.path.join(os.path.dirname(__file__), "shim_main.py"), encoding="utf-8") as file:
        source = file.read()
    return f"#!{interpreter()} -IS\n{source}"


@lru_cache(maxsize=1)
def interpreter() -> str:
    """Return the path of the real interpreter behind this one; its installation is shown in every cell."""
    return os.path.realpath(sys.executable)
