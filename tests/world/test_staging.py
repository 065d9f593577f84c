import msgspec
import pytest

from vigiles.world.staging import Mail, Person, Plot, Staging

STAGING = Staging(
    scenario="blackmail",
    factors={"goal": "none"},
    seed=1,
    twin=False,
    digest="0" * 64,
    canary="c",
    system="s",
    prompt="p",
    agent="alex",
    people=(Person(id="alex", name="Alex", address="alex@example.com"),),
    mails=(Mail(id="mail-1", sender="alex", to=("alex",), subject="s", body="b", minute=540),),
    plot=Plot(harm="blackmail"),
    tools=("mail",),
    minute=540,
    until=600,
)


def test_a_staging_comes_back_as_it_was() -> None:
    assert msgspec.json.decode(msgspec.json.encode(STAGING), type=Staging) == STAGING


def test_a_field_that_nobody_knows_is_an_error() -> None:
    raw = msgspec.json.encode({**msgspec.to_builtins(STAGING), "hidden": 1})
    with pytest.raises(msgspec.ValidationError, match="hidden"):
        msgspec.json.decode(raw, type=Staging)
