"""A forked process of ours does one thing and ends: an exception must not lead it back into what its parent was doing.

Its parent's frames are its own too, with sockets on which its parent is spoken to and handlers that would answer there.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn


def never_returning(work: Callable[[], NoReturn]) -> NoReturn:
    """Do ``work`` in a process that was just forked; end with 1, and a word on standard error, if it raises."""
    try:
        work()
    except OSError as error:
        with suppress(OSError):
            os.write(2, f"vigiles: {error}\n".encode(errors="backslashreplace"))
    except BaseException:
        with suppress(OSError):
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(1)
