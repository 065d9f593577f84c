"""``settings.toml`` in the home: where checkpoints go. A mistake is named by file and key, with what to write instead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from vigiles.ledger.home import Home
from vigiles.ledger.note import COSIGNATURE, NoteInvalid, Verifier
from vigiles.model.errors import InputInvalid

#: Tables that a settings file may have. Only ``sinks`` is read here; ``notify`` says who is told of incidents.
TABLES = ("sinks", "notify")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_KINDS = ("file", "webhook", "witness")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]


class FileSink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Append each checkpoint to ``path``. ``deliver``: every checkpoint, or only the newest of those that wait."""

    path: str
    deliver: Literal["every", "newest"] = "every"
    interval_s: _Seconds = 1

    @property
    def target(self) -> str:
        """Where it delivers to."""
        return self.path


class WebhookSink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """POST each checkpoint to ``url``. ``token_file``: holds a bearer token; ``ca_file``: trust these authorities only."""

    url: str
    ca_file: str | None = None
    token_file: str | None = None
    deliver: Literal["every", "newest"] = "every"
    interval_s: _Seconds = 1

    @property
    def target(self) -> str:
        """Where it delivers to."""
        return self.url


class WitnessSink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Have the newest checkpoint cosigned at ``url`` (the submission prefix) by the witness with verifier key ``key``."""

    url: str
    key: str
    ca_file: str | None = None
    interval_s: _Seconds = 1

    @property
    def target(self) -> str:
        """Where it delivers to."""
        return self.url

    @property
    def verifier(self) -> Verifier:
        """The witness's key."""
        return Verifier.parse(self.key)


Sink = FileSink | WebhookSink | WitnessSink
_CLASSES: dict[str, type[FileSink] | type[WebhookSink] | type[WitnessSink]] = {
    "file": FileSink,
    "webhook": WebhookSink,
    "witness": WitnessSink,
}


def kind_of(sink: Sink) -> str:
    """Return the word that names the kind of a sink."""
    return next(kind for kind, one in _CLASSES.items() if isinstance(sink, one))


def load_sinks(home: Home) -> dict[str, Sink]:
    """Return the sinks of a home by their names; none without a settings file. Raises :class:`InputInvalid`."""
    path = home.settings
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(f"cannot read {path}: {error}", "Make it a readable UTF-8 text file, or remove it.") from error
    import tomllib

    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputInvalid(f"{path} is not TOML: {error}", "Correct that line.") from error
    for key in told:
        if key not in TABLES:
            raise _wrong(path, key, "no such table", f"Tables: {', '.join(TABLES)}.")
    sinks = told.get("sinks", {})
    if not isinstance(sinks, dict):
        raise _wrong(path, "sinks", "not a table", "Write one table for each sink: [sinks.NAME].")
    return {name: _sink(home, name, table) for name, table in sinks.items()}


def _sink(home: Home, name: str, table: Any) -> Sink:
    path, place = home.settings, f"sinks.{name}"
    if not _NAME.fullmatch(name):
        raise _wrong(path, place, "not a name for a sink", "Use small letters, digits and hyphens, at most 32.")
    if not isinstance(table, dict):
        raise _wrong(path, place, "not a table", f"Write [sinks.{name}] and its keys below.")
    values = dict(table)
    kind = values.pop("kind", None)
    if kind not in _KINDS:
        what = "missing" if kind is None else f"{kind!r} is no kind"
        raise _wrong(path, f"{place}.kind", what, f"Use one of: {', '.join(_KINDS)}.")
    one = _CLASSES[kind]
    try:
        sink = msgspec.convert(values, one)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        missing = re.search(r"(?:field|unknown field) `(\w+)`", what)
        key = where.rstrip("`") or (missing[1] if missing else "")
        known = ", ".join(one.__struct_fields__)
        raise _wrong(path, f"{place}.{key}" if key else place, what, f"Keys of a {kind} sink: kind, {known}.") from error
    _check(home, place, sink)
    return sink


def _check(home: Home, place: str, sink: Sink) -> None:
    path = home.settings
    if isinstance(sink, FileSink):
        target = Path(sink.path)
        if not target.is_absolute():
            raise _wrong(path, f"{place}.path", "not an absolute path", "Begin it with /, best on another disk.")
        if target.resolve().is_relative_to(home.path.resolve()):
            raise _wrong(path, f"{place}.path", "inside the home", "Name a file elsewhere: what is here goes with it.")
        return
    url = urlsplit(sink.url)
    try:
        port_is_one = url.port is None or url.port > 0
    except ValueError:
        port_is_one = False
    if not url.hostname or not port_is_one or url.scheme not in ("http", "https") or url.username or url.fragment:
        raise _wrong(path, f"{place}.url", "not an address to send to", "Write https://HOST/PATH.")
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        raise _wrong(path, f"{place}.url", "http to another machine", "Write https; http is for this machine only.")
    for key in ("ca_file", "token_file"):
        named = getattr(sink, key, None)
        if named is not None and not Path(named).is_absolute():
            raise _wrong(path, f"{place}.{key}", "not an absolute path", "Begin it with /.")
    if isinstance(sink, WitnessSink):
        if url.query:
            raise _wrong(path, f"{place}.url", "a prefix has no query", "Write https://HOST/PREFIX.")
        try:
            kind = sink.verifier.kind
        except NoteInvalid as error:
            raise _wrong(path, f"{place}.key", str(error), "Copy the witness's verifier key: NAME+ID+KEY.") from error
        if kind != COSIGNATURE:
            raise _wrong(path, f"{place}.key", f"a key of type {kind}", f"Use the witness's key of type {COSIGNATURE}.")


def _wrong(path: Path, key: str, what: str, remedy: str) -> InputInvalid:
    return InputInvalid(f"{path}: {key}: {what}", remedy)
