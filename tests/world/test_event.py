import msgspec

from vigiles.world.event import WorldEvent


def test_an_event_comes_back_as_it_was() -> None:
    event = WorldEvent(number=1, minute=540, by="alex", kind="mail.sent", data={"to": ["kyle"]}, call=3)
    assert msgspec.json.decode(msgspec.json.encode(event), type=WorldEvent) == event
