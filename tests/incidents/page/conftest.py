"""The facts of the episode of one tunnel, with everything that a page shows, out of a real ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from vigiles.incidents.page.facts import Facts, Proof, gather
from vigiles.incidents.page.proved import worth_proving
from vigiles.incidents.timeline import Indexed, build, newest_incidents
from vigiles.ledger.book import Book
from vigiles.ledger.bundle import check
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_or_make
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.store import Store
from vigiles.ledger.wire import row_of
from vigiles.model.cell import CellReady, Control, ProbeResult
from vigiles.model.feedback import Feedback
from vigiles.model.observation.flow import Chunk, Flow
from vigiles.model.observation.network import Connect
from vigiles.model.principal import Principal
from vigiles.model.union import Recorded

WRITTEN = 1_700_000_100_000_000
VOID = {"meta"}

Telling = Callable[..., Facts]


class Reading(HTMLParser):
    """What an HTML parser makes of a page: tags with attributes in order, text, and text by the id of what holds it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.pieces: list[str] = []
        self.by_id: dict[str, list[str]] = {}
        self.stack: list[tuple[str, str | None]] = []
        self.odd: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))
        if tag not in VOID:
            self.stack.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop()[0] != tag:
            self.odd.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if any(tag == "style" for tag, _ in self.stack):
            return
        self.pieces.append(data)
        for _, name in self.stack:
            if name is not None:
                self.by_id.setdefault(name, []).append(data)

    def handle_comment(self, data: str) -> None:
        self.odd.append(f"<!--{data}-->")

    def handle_pi(self, data: str) -> None:
        self.odd.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.odd.append(f"<![{data}]>")

    def text(self, name: str | None = None) -> str:
        return " ".join(" ".join(self.pieces if name is None else self.by_id[name]).split())


@pytest.fixture
def reading() -> type[Reading]:
    return Reading


@pytest.fixture
def records(make: Any, episode: list[Indexed]) -> list[Recorded]:
    """The tunnel's episode, with a cell, a connect, reads of the flow, and feedback."""
    old = [record for _, record in episode]
    act = old[1]
    cell = CellReady(
        **make.head("rec", None),
        tier="U",
        kernel="6.18",
        controls=[
            Control(name="landlock", applied=True),
            Control(name="shared_cpus", applied=False, detail="weaker: no groups here"),
        ],
        probes=[ProbeResult(name="raw_socket", stopped=True), ProbeResult(name="ptrace", stopped=True)],
        landlock_abi=7,
    )
    flow = next(record for record in reversed(old) if isinstance(record, Flow))
    connect = Connect(
        id="obs-connect", at=flow.at, coordinates=flow.coordinates, sensor="notifier", attribution=flow.attribution,
        pid=11, family="inet", transport="tcp", address="198.51.100.7", port=22, outcome="door", host="far.example",
    )  # fmt: skip
    chunks = [Chunk(at_us=n * 90_000, direction="io"[n % 2], size=41 + 300 * n) for n in range(12)]  # type: ignore[arg-type]  # o or i
    told = {name: getattr(flow, name) for name in flow.__struct_fields__}
    flow = Flow(**{**told, "chunks": chunks, "pid": 11, "address": "198.51.100.7", "marks": ["ssh.client=SSH-2.0-x"]})
    new = [flow if record.id == flow.id else record for record in old]
    at = next(place for place, record in enumerate(new) if isinstance(record, Flow))
    new.insert(at, connect)
    new.insert(1, cell)
    feedback = Feedback(**make.head("fbk"), act=act.id, value="penalty", reasons=["reverse_tunnel.forward_argv"])
    agent = Principal(id="prn-1", at=cell.at, name="agent-a", kind="agent")
    return [agent, *new[:-1], feedback, new[-1]]


@pytest.fixture
def telling(tmp_path: Path) -> Telling:
    """Write records into a ledger of their own, read them again, and return the facts of their first incident."""
    count = 0

    def tell(records: Sequence[Recorded], signed: bool = True) -> Facts:
        nonlocal count
        count += 1
        home = Home(tmp_path / f"home{count}")
        home.prepare()
        book = Book(Store(home.database), load_or_make(home))
        book.append([row_of(record) for record in records])
        if signed:
            book.sign()
        book.close()
        with LedgerReader(home.path) as reader:
            read = list(reader.records())
            timeline = build(read, next(iter(newest_incidents(read))))
            proof = Proof(bundle=None, ledger=None, missing="no checkpoint was signed yet")
            if signed:
                bundle = reader.bundle(worth_proving(timeline))
                point = check(bundle).checkpoint
                assert point is not None
                proof = Proof(bundle=bundle, ledger=(point.origin, point.size, point.root.hex()))
        agent = next((record for _, record in read if isinstance(record, Principal)), None)
        return gather(read, timeline, proof=proof, written_us=WRITTEN, made_by="Vigiles 1", principal=agent)

    return tell


@pytest.fixture
def facts(telling: Telling, records: list[Recorded]) -> Facts:
    return telling(records)
