from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vigiles.incidents.life_cycle import close
from vigiles.ledger.home import Home
from vigiles.ledger.mint import now
from vigiles.runtime.notify import delivery as module
from vigiles.runtime.notify.body import WITHHELD
from vigiles.runtime.notify.delivery import BARE_AFTER, Delivery, begin, try_out
from vigiles.runtime.notify.settings import Webhook
from vigiles.runtime.notify.state import load_state, save_state


@pytest.fixture
def made(home: Path, receiving: Any, ledger: Any) -> Any:
    begin(Home(home), {"pager": Webhook(url=receiving.url)})
    return lambda **more: Delivery(Home(home), "pager", Webhook(url=receiving.url, **more))


def test_all_that_is_recorded_is_told_once_and_in_order(made: Any, receiving: Any, ledger: Any) -> None:
    first = ledger.find()
    one = made()
    assert one.run()
    second = ledger.find(severity="high")
    word = ledger.say(close(second, now(), "ann", "done"))
    assert one.run()
    assert receiving.told == [("incident.opened", first.id), ("incident.worse", second.id), ("incident.closed", word.id)]
    assert one.run()
    assert made().run(), "another process, later"
    assert len(receiving.got) == 3


def test_a_dead_receiver_loses_nothing(made: Any, receiving: Any, ledger: Any) -> None:
    receiving.answers = lambda _: 503
    one = made()
    expected = []
    for severity in ("medium", "high", "critical"):
        expected.append(ledger.find(severity=severity).id)
        assert not one.run()
    assert [one.state.failures, one.state.error] == [3, "the server answered 503"]
    assert {id for _, id in receiving.told} == {expected[0]}, "in order: what comes later waits"
    assert made().count() == 3
    receiving.answers = lambda _: 204
    again = made()
    assert again.run()
    assert [id for _, id in receiving.told[3:]] == expected
    assert (again.state.failures, again.state.error, again.state.told) == (0, "", 3)


def test_what_was_taken_but_not_written_down_comes_again_with_the_same_id(
    made: Any, receiving: Any, ledger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = ledger.find()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "save_state", full)
    assert not made().run()
    monkeypatch.setattr(module, "save_state", save_state)
    assert made().run()
    assert receiving.told == [("incident.opened", version.id)] * 2


def test_waiting_grows_to_five_minutes(made: Any) -> None:
    one = made()
    waits = []
    for failures in (1, 2, 3, 8, 9, 10, 1000):
        one.state.failures = failures
        waits.append(one.wait_s())
    assert waits == [1, 2, 4, 128, 256, 300, 300]


def test_a_message_refused_for_its_words_goes_without_them(made: Any, receiving: Any, ledger: Any) -> None:
    """A filter before the receiver refuses <script>: an agent that mines under such a name may not silence the rest."""
    receiving.answers = lambda body: 403 if b"<script>" in body else 200
    ledger.find()
    ledger.find(cause="egress:1:other:1", summary="harmless")
    one = made()
    tries = 0
    while not one.run():
        tries += 1
        assert tries < 10
    assert tries == BARE_AFTER
    titles = [json.loads(body)["incident"]["title"] for _, body in receiving.got]
    assert titles[-2:] == [WITHHELD, "harmless"]
    assert len({id for _, id in receiving.told}) == 2


def test_only_what_is_grave_enough(made: Any, receiving: Any, ledger: Any) -> None:
    ledger.find(severity="low")
    ledger.find(severity="high")
    assert made(least="high").run()
    assert [what for what, _ in receiving.told] == ["incident.worse"]


def test_who_is_new_is_told_from_now_on(home: Path, receiving: Any, ledger: Any) -> None:
    ledger.find()
    begin(Home(home), {"late": Webhook(url=receiving.url)})
    one = Delivery(Home(home), "late", Webhook(url=receiving.url))
    assert one.run()
    assert receiving.got == []
    version = ledger.find(severity="high")
    assert one.run()
    assert receiving.told == [("incident.worse", version.id)], "it knows what was before"
    begin(Home(home), {"late": Webhook(url=receiving.url)})
    known = load_state(Home(home), "late")
    assert known is not None
    assert known.told == 1


def test_a_home_without_a_ledger_has_nothing_to_tell(home: Path) -> None:
    begin(Home(home), {"pager": Webhook(url="http://127.0.0.1:1/")})
    one = Delivery(Home(home), "pager", Webhook(url="http://127.0.0.1:1/"))
    assert one.run()
    assert one.count() == 0


def test_a_test_is_no_incident(home: Path, receiving: Any) -> None:
    assert try_out(Home(home), Webhook(url=receiving.url)) is None
    assert receiving.told[0][0] == "test"
    receiving.answers = lambda _: 500
    assert try_out(Home(home), Webhook(url=receiving.url)) == "the server answered 500"
