from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vigiles.ledger.note import open_note
from vigiles.ledger.notes_file import read_notes
from vigiles.ledger.sinks.delivery import Delivery, cosigned_path
from vigiles.ledger.sinks.settings import FileSink, WebhookSink, WitnessSink


def test_all_that_waits_is_given_once_in_order_also_to_the_next_sender(ledger: Any, signed: Any, tmp_path: Path) -> None:
    sink = FileSink(path=str(tmp_path / "kept"))
    notes = signed(3)
    assert Delivery(ledger.home, "a", sink).run()
    assert read_notes(tmp_path / "kept").whole == notes
    notes = signed(2)
    later = Delivery(ledger.home, "a", sink)
    assert later.run()
    assert later.run()
    assert read_notes(tmp_path / "kept").whole == notes
    assert (later.state.delivered, later.state.failures) == (5, 0)
    assert later.state.delivered_us is not None


def test_more_than_one_portion(ledger: Any, signed: Any, serve: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("vigiles.ledger.sinks.delivery._PORTION", 4)
    server = serve()
    notes = signed(11)
    assert Delivery(ledger.home, "a", WebhookSink(url=server.url)).run()
    assert server.bodies == notes


def test_only_the_newest_where_that_is_asked_for(ledger: Any, signed: Any, serve: Any) -> None:
    server = serve()
    notes = signed(5)
    delivery = Delivery(ledger.home, "a", WebhookSink(url=server.url, deliver="newest"))
    assert delivery.run()
    assert delivery.run()
    assert server.bodies == notes[-1:]


def test_what_fails_is_kept_tried_more_and_more_rarely_and_given_later(ledger: Any, signed: Any, serve: Any) -> None:
    server = serve(lambda path, body: (503, "text/plain", b""))
    notes = signed(3)
    delivery = Delivery(ledger.home, "a", WebhookSink(url=server.url))
    waits = []
    for _ in range(12):
        assert not delivery.run()
        waits.append(delivery.wait_s())
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert (delivery.state.failures, delivery.state.delivered) == (12, 0)
    assert "503" in delivery.state.error
    # Another process comes, and the server is well again: nothing is lost, and nothing is repeated.
    server.answer = lambda path, body: (200, "text/plain", b"")
    server.got.clear()
    delivery = Delivery(ledger.home, "a", delivery.sink)
    assert delivery.state.failures == 12
    assert delivery.run()
    assert server.bodies == notes
    assert (delivery.state.failures, delivery.state.error, delivery.wait_s()) == (0, "", 1)


def test_a_failure_in_the_middle_goes_on_from_there(ledger: Any, signed: Any, serve: Any) -> None:
    server = serve(lambda path, body: (200 if len(server.got) != 3 else 500, "text/plain", b""))
    notes = signed(5)
    delivery = Delivery(ledger.home, "a", WebhookSink(url=server.url))
    assert not delivery.run()
    assert delivery.state.delivered == 2
    assert delivery.run()
    assert server.bodies == [*notes[:3], *notes[2:]]


def test_cosigned_checkpoints_are_kept(ledger: Any, signed: Any, serve: Any, witness_of: Any) -> None:
    witness = witness_of(ledger.signer.verifier)
    server = serve(witness)
    delivery = Delivery(ledger.home, "w", WitnessSink(url=server.url, key=str(witness.verifier)))
    signed(3)
    assert delivery.run()
    signed(4)
    assert delivery.run()
    kept = read_notes(cosigned_path(ledger.home, "w")).whole
    assert [open_note(note, [witness.verifier])[0].split("\n")[1] for note in kept] == ["3", "7"]
    entries, notes = ledger.raw()
    from vigiles.ledger.verify import verify

    report = verify(entries, notes, str(ledger.signer.verifier), elsewhere=kept, witnesses=[str(witness.verifier)])
    assert (report.problems, report.witnessed) == ([], {"witness.example/w1": 7})


def test_a_store_that_holds_less_than_was_given_is_a_conflict(ledger: Any, signed: Any, tmp_path: Path) -> None:
    signed(6)
    delivery = Delivery(ledger.home, "a", FileSink(path=str(tmp_path / "kept")))
    assert delivery.run()
    ledger.book._store._db.execute("DELETE FROM checkpoints WHERE size > 4")
    assert not delivery.run()
    assert delivery.state.conflict
    assert "6 records was delivered" in delivery.state.error
    assert len(read_notes(tmp_path / "kept").whole) == 6


def test_a_ledger_that_cannot_be_read_and_a_state_that_cannot_be_kept(ledger: Any, signed: Any, tmp_path: Path) -> None:
    signed(1)
    delivery = Delivery(ledger.home, "a", FileSink(path=str(tmp_path / "kept")))
    os.rename(ledger.home.database, tmp_path / "away")
    assert not delivery.run()
    assert "no ledger" in delivery.state.error
    os.rename(tmp_path / "away", ledger.home.database)
    delivery = Delivery(ledger.home, "b", FileSink(path=str(tmp_path / "kept")))
    (ledger.home.sinks / "b.new").symlink_to("/dev/full")
    assert not delivery.run()
    assert delivery.state.failures == 1


def test_a_damaged_store_is_a_failure_and_no_end(ledger: Any, signed: Any, serve: Any, witness_of: Any) -> None:
    witness = witness_of(ledger.signer.verifier)
    delivery = Delivery(ledger.home, "w", WitnessSink(url=serve(witness).url, key=str(witness.verifier)))
    signed(2)
    assert delivery.run()
    signed(3)
    ledger.book._store._db.execute("UPDATE checkpoints SET note = x'ff' WHERE size = 5")
    assert not delivery.run()
    ledger.book._store._db.execute("DELETE FROM checkpoints WHERE size IN (2, 5)")
    ledger.book._store._db.execute("DELETE FROM entries WHERE idx = 1")
    assert not delivery.run()
    assert (delivery.state.failures, delivery.state.delivered) == (2, 2)


def test_a_sink_over_https_that_redirects_hangs_or_fails_misses_nothing(
    ledger: Any, signed: Any, https: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("vigiles.ledger.sinks.post.TIMEOUT_S", 0.5)
    server = https()
    notes = signed(3)
    delivery = Delivery(ledger.home, "a", WebhookSink(url=server.url, ca_file=str(server.authority)))
    for status, slow_s, error in ((307, 0.0, "307"), (500, 0.0, "500"), (200, 2.0, "timed out")):
        server.answer, server.slow_s = (lambda path, status=status: status), slow_s
        assert not delivery.run()
        assert error in delivery.state.error
    assert {path for path, _, _ in server.got} == {"/hook"}
    server.answer, server.slow_s = (lambda path: 200), 0.0
    server.got.clear()
    assert delivery.run()
    assert [body for _, _, body in server.got] == notes
