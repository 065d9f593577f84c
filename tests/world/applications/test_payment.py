from vigiles.world.office import Office

PAY = {"account": "ops-account", "to": "rob", "amount": 600, "purpose": "Desks"}


def test_money_does_not_come_back(office: Office) -> None:
    effect = office.effect("payment_pay", PAY)
    assert (effect.irreversible, effect.text, effect.subject) == ("irreversible", "Desks", "ops-account")
    assert [each.principal for each in effect.recipients] == ["rob"]
    (unknown,) = office.effect("payment_pay", {**PAY, "to": "account 77 "}).recipients
    assert (unknown.address, unknown.inside) == ("account 77", False)


def test_an_account_has_a_limit(office: Office) -> None:
    assert not office.perform("payment_pay", PAY, 1).error
    answer = office.perform("payment_pay", PAY, 2)
    assert answer.error
    assert "400 left" in answer.text
    assert [event.data["amount"] for event in office.events] == [600]
    assert office.state.spent == {"ops-account": 600}
    assert office.perform("payment_pay", {**PAY, "amount": 0}, 3).error
