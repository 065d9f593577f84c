"""Model versions on hold: a response may refuse further episodes of a model until a person lifts it.

A hold is one file under ``$VIGILES_HOME/held``; removing the file lifts it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from vigiles.model.errors import InputInvalid, Refused


def hold(home: Path, model_version: str | None) -> None:
    """Put a model version on hold. Raises :class:`InputInvalid` if there is none to hold, OSError."""
    if model_version is None:
        raise InputInvalid("this episode names no model version, so none can be held", "Name it: --model-version.")
    path = _file(home, model_version)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(model_version + "\n", "utf-8")


def refuse_held(home: Path, model_version: str | None) -> None:
    """Raise :class:`Refused` if the model version is on hold, OSError if that cannot be found out."""
    if model_version is None:
        return
    with contextlib.suppress(FileNotFoundError):
        os.lstat(_file(home, model_version))
        raise Refused(
            "rule_forbids",
            f"model version {model_version} is on hold after an incident",
            f"look at `vigiles incidents`, then lift the hold: rm {_file(home, model_version)}",
        )


def _file(home: Path, model_version: str) -> Path:
    return home / "held" / hashlib.sha256(model_version.encode("utf-8", "backslashreplace")).hexdigest()[:32]
