from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.ledger.desk.ask import ask_to_list, ask_to_show
from vigiles.ledger.desk.messages import Answer, List, Listed, NotShown, packed
from vigiles.model.errors import InputInvalid, NotFound, ProcessLost, VigilesError


def answered(place: Path, raw: bytes) -> threading.Thread:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place))
    listener.listen(1)

    def once() -> None:
        with listener, listener.accept()[0] as sock:
            sock.recv(4096)
            sock.sendall(raw)

    thread = threading.Thread(target=once)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (packed(NotShown(105, "no record 9", "look")), NotFound),
        (packed(NotShown(100, "you may not", "ask")), InputInvalid),
        (packed(NotShown(110, "too many", "later")), VigilesError),
        (packed(Listed("headers", [])), ProcessLost),
        (b"\0\0\0\x02\xc1", ProcessLost),
        (b"", ProcessLost),
    ],
)
def test_what_a_desk_may_say(short_folder: Callable[[str], Path], answer: bytes, kind: type[VigilesError]) -> None:
    place = short_folder("a") / "s"
    thread = answered(place, answer)
    with pytest.raises(kind) as error:
        ask_to_show(place, "9")
    thread.join()
    assert type(error.value) is kind
    assert error.value.remedy


def test_a_list_is_a_list(short_folder: Callable[[str], Path]) -> None:
    place = short_folder("a") / "s"
    told: Answer = Listed("headers", [])
    thread = answered(place, packed(told))
    assert ask_to_list(place, List()) == told
    thread.join()
