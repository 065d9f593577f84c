import msgspec

from vigiles.model.effect import Datum, Effect, Recipient


def test_an_effect_comes_back_as_it_was() -> None:
    effect = Effect(
        reads=(Datum(id="mail-7", labels=("personal",), owner="kyle", outside=True, text="hello"),),
        carries=(Datum(id="file-1"),),
        recipients=(Recipient(address="a@example.com", inside=False, clearances=("personal",), authority=True),),
        irreversible="lethal",
        changes=True,
        subject="alarm-1",
    )
    assert msgspec.json.decode(msgspec.json.encode(effect), type=Effect) == effect


def test_an_act_without_effect_changes_nothing() -> None:
    assert Effect() == Effect(reads=(), carries=(), text="", recipients=(), irreversible="no", changes=False, subject=None)
