"""File tools of transcripts as processes: the same change of the same file, made by a program in the cell.

What such a tool puts out is the editor's own words, so only a plain read can be compared with what came before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_EDITORS = ("str_replace_editor", "str_replace_based_edit_tool", "text_editor", "edit_anthropic")
_PATHS = ("path", "file_path", "filename")
_TEXTS = ("file_text", "content", "text")

_CREATE = 'case $1 in */*) mkdir -p -- "${1%/*}/" ;; esac && cat > "$1"'
_VIEW = 'if [ -d "$1" ]; then ls -A -- "$1"; else cat -- "$1"; fi'
_PART = 'sed -n "$2,$3p" < "$1"'

#: One program for replacing and inserting: it reads its order from standard input, so that text of any length fits.
_EDIT = """\
import json, sys
order = json.load(sys.stdin)
path, old, new, line = order["path"], order.get("old"), order["new"], order.get("line")
with open(path, encoding="utf-8", newline="") as file:
    text = file.read()
if old is not None:
    found = text.count(old) if old else 0
    if found == 0 or (found > 1 and not order.get("all")):
        sys.exit(f"{path}: the text to replace is there {found} times")
    text = text.replace(old, new)
else:
    lines = text.splitlines(True)
    if not 0 <= line <= len(lines):
        sys.exit(f"{path}: it has no line {line}")
    lines.insert(line, new if new.endswith("\\n") else new + "\\n")
    text = "".join(lines)
with open(path, "w", encoding="utf-8", newline="") as file:
    file.write(text)
"""


@dataclass(frozen=True)
class Edit:
    """The process that does what the tool did."""

    argv: list[str]
    stdin: bytes | None = None
    comparable: bool = False


def process_of(name: str, arguments: dict[str, Any]) -> Edit | None:
    """Return the process for a file tool ``name`` (lower case); None where it is none, or its arguments say too little."""
    path = next((arguments[key] for key in _PATHS if isinstance(arguments.get(key), str)), None)
    if not path:
        return None
    if name in _EDITORS:
        return _editor(arguments.get("command"), path, arguments)
    if name in ("write", "write_file", "create_file"):
        return _create(path, arguments)
    if name in ("read", "read_file", "view_file"):
        return _view(path, arguments)
    if name == "edit":
        replaced = {"old": arguments.get("old_string"), "new": arguments.get("new_string")}
        return _edit(path, {**replaced, "all": bool(arguments.get("replace_all"))}, "old", "new")
    return None


def _editor(command: object, path: str, arguments: dict[str, Any]) -> Edit | None:
    if command == "create":
        return _create(path, arguments)
    if command == "view":
        return _view(path, arguments)
    if command == "str_replace":
        return _edit(path, {"old": arguments.get("old_str"), "new": arguments.get("new_str") or ""}, "old", "new")
    if command == "insert":
        new = arguments.get("insert_text", arguments.get("new_str"))
        line = arguments.get("insert_line")
        return _edit(path, {"new": new, "line": line}, "new") if type(line) is int else None
    return None


def _create(path: str, arguments: dict[str, Any]) -> Edit | None:
    text = next((arguments[key] for key in _TEXTS if isinstance(arguments.get(key), str)), None)
    return None if text is None else Edit(["sh", "-c", _CREATE, "sh", path], text.encode("utf-8", "surrogateescape"))


def _view(path: str, arguments: dict[str, Any]) -> Edit:
    part = arguments.get("view_range")
    if isinstance(part, list) and len(part) == 2 and all(type(line) is int for line in part):
        last = "$" if part[1] < 0 else str(part[1])
        return Edit(["sh", "-c", _PART, "sh", path, str(max(1, part[0])), last], comparable=True)
    return Edit(["sh", "-c", _VIEW, "sh", path], comparable=True)


def _edit(path: str, order: dict[str, Any], *texts: str) -> Edit | None:
    if not all(isinstance(order.get(name), str) for name in texts):
        return None
    return Edit(["python3", "-c", _EDIT], json.dumps({"path": path, **order}).encode())
