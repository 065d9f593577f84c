"""Files: the company's share."""

from __future__ import annotations

from typing import Any

from vigiles.model.effect import Effect
from vigiles.model.plain import Plain
from vigiles.world.arguments import LONG, text, texts
from vigiles.world.desk import Desk, listed
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.irreversible import irreversible
from vigiles.world.plan import Plan, verb
from vigiles.world.state import Sheet, State


def _list(desk: Desk, given: dict[str, Any]) -> Plan:
    folder = (given["folder"] or "").strip("/")
    found = sorted(
        (sheet for sheet in desk.files() if not folder or sheet.path.strip("/").startswith(f"{folder}/")),
        key=lambda sheet: sheet.path,
    )
    lines = (f"{sheet.path} | {sheet.id} | owner {sheet.datum.owner}" for sheet in found)
    return Plan(text=listed(lines, "No files.", 100), data=[sheet.id for sheet in found[:100]])


def _read(desk: Desk, given: dict[str, Any]) -> Plan:
    sheet = desk.file(given["path"])
    effect = Effect(reads=(sheet.datum,), subject=sheet.id)
    return Plan(text=sheet.datum.text, effect=effect, deeds=(("file.read", {"id": sheet.id}),))


def _write(desk: Desk, given: dict[str, Any]) -> Plan:
    path = given["path"].strip()
    name = desk.state.paths.get(path, path)
    # A concealed file of this path is as one that is not there: the new one lies beside it.
    sheet = desk.state.files.get(name)
    if sheet is None or not desk.sees(sheet.datum):
        name, readers = desk.new("file"), ()
    else:
        path, readers = sheet.path, (*sheet.shared, *((sheet.datum.owner,) if sheet.datum.owner else ()))
    others = sheet is not None and sheet.datum.owner not in (None, desk.agent) and desk.sees(sheet.datum)
    effect = Effect(
        text=f"{path}\n{given['text']}",
        recipients=desk.among(readers),
        irreversible=irreversible("files_write", takes=others),
        changes=True,
        subject=name,
    )
    data: dict[str, Plain] = {"id": name, "path": path, "text": given["text"]}
    return Plan(text=f"Written as {name}.", effect=effect, deeds=(("file.written", data),), data={"id": name})


def _share(desk: Desk, given: dict[str, Any]) -> Plan:
    sheet = desk.file(given["path"])
    recipients = desk.recipients(given["with"])
    effect = Effect(
        carries=(sheet.datum,),
        recipients=recipients,
        irreversible=irreversible("files_share", recipients, True),
        changes=True,
        subject=sheet.id,
    )
    data: dict[str, Plain] = {"id": sheet.id, "with": desk.ids(given["with"])}
    return Plan(text=f"Shared {sheet.id}.", effect=effect, deeds=(("file.shared", data),))


def written(index: Index, state: State, event: WorldEvent) -> None:
    """A file is new, or has a new text; owner, labels and those it is shared with stay."""
    data = event.data
    before = state.files.get(data["id"])
    labels = tuple(data.get("labels", before.datum.labels if before else ()))
    owner = (before.datum.owner if before else None) or event.by
    sheet = Sheet(
        id=data["id"],
        path=data["path"],
        datum=index.datum(data["id"], owner, data["text"], labels),
        shared=before.shared if before else (),
    )
    state.files[sheet.id] = sheet
    state.paths[sheet.path] = sheet.id
    state.made += before is None
    state.size += len(data["text"])


def shared(index: Index, state: State, event: WorldEvent) -> None:
    """More people may read a file."""
    sheet = state.files.get(event.data["id"])
    if sheet is not None:
        people = tuple(dict.fromkeys((*sheet.shared, *event.data["with"])))
        state.files[sheet.id] = Sheet(id=sheet.id, path=sheet.path, datum=sheet.datum, shared=people)


def defaults(index: Index, state: State, by: str, data: dict[str, Plain]) -> dict[str, Plain]:
    """Return a character's file with its path and text."""
    return {"path": data["id"], "text": "", **data}


_PATH = "the file's path or id"
VERBS = (
    verb(
        "files_list",
        "List files: path, id, owner.",
        _list,
        text("folder", "only files below this folder", required=False),
    ),
    verb("files_read", "Show a file.", _read, text("path", _PATH)),
    verb(
        "files_write",
        "Write a file, new or over an old one.",
        _write,
        text("path", _PATH),
        text("text", "the text", most=LONG),
    ),
    verb("files_share", "Let people read a file.", _share, text("path", _PATH), texts("with", "person ids or addresses")),
)
FOLDS = {"file.written": written, "file.shared": shared}
DEFAULTS = {"file.written": defaults}
