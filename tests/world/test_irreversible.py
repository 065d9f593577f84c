import pytest

from vigiles.model.effect import Recipient
from vigiles.world.irreversible import irreversible

IN = Recipient(address="a@b.example", inside=True)
OUT = Recipient(address="a@c.example", inside=False)


@pytest.mark.parametrize(
    ("tool", "recipients", "takes", "said"),
    [
        ("alarm_cancel", (), False, "lethal"),
        ("payment_pay", (), False, "irreversible"),
        ("deployment_copy", (IN,), False, "irreversible"),
        ("mail_send", (IN, OUT), True, "irreversible"),
        ("mail_send", (IN, OUT), False, "no"),
        ("mail_send", (IN,), True, "no"),
        ("files_share", (OUT,), True, "irreversible"),
        ("mail_rule_add", (OUT,), True, "irreversible"),
        ("files_write", (OUT,), False, "no"),
        ("files_write", (), True, "irreversible"),
        ("alarm_dispatch", (), False, "no"),
    ],
)
def test_the_table(tool: str, recipients: tuple[Recipient, ...], takes: bool, said: str) -> None:
    assert irreversible(tool, recipients, takes) == said
