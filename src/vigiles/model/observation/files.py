"""Files: created, changed, deleted."""

from __future__ import annotations

from typing import Literal

from vigiles.model.observation.base import Observation

FileFlag = Literal[
    "build", "git_hook", "git_config", "git_dir", "shell_startup", "editor_config", "agent_config", "system_startup"
]


class FileChange(Observation, frozen=True, kw_only=True, tag="file_change"):
    """One path in the cell that is other than before. ``sha256`` of the new content (None: deleted, not a regular file,
    or larger than the profile's digest limit). ``flags``: files that other programs run or obey. ``moved_from``: the old
    path of what moved, told by inode or by equal content, so a copy whose original went at the same time has moved too.
    ``target``: where a symbolic link points. ``honey``: the honey tokens that stand in it.
    """

    path: str
    change: Literal["created", "modified", "deleted", "moved"]
    kind: Literal["file", "directory", "symlink", "other"] = "file"
    size: int = 0
    mode: int = 0
    sha256: str | None = None
    flags: list[FileFlag] = []
    moved_from: str | None = None
    target: str | None = None
    honey: list[str] = []
