from vigiles.safeguards.safeguard import Opinion


def test_opinions_compare_by_what_they_say() -> None:
    assert Opinion(decision="deny", reason="rule_forbids") == Opinion(decision="deny", reason="rule_forbids", rules=())
