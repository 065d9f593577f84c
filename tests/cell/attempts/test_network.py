"""A connect that was led to the door did not get out."""

from __future__ import annotations

import socket

import pytest

from vigiles.cell.attempt import NotStopped
from vigiles.cell.attempts import network


def test_led_to_the_door_counts_as_stopped_and_connected_elsewhere_does_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as client:
        with pytest.raises(OSError, match="door"):
            network._connected(client, 0)
    with socket.create_server(("127.0.0.2", 0)) as elsewhere, socket.create_connection(elsewhere.getsockname()) as client:
        with pytest.raises(NotStopped):
            network._connected(client, 0)
