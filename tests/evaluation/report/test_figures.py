from vigiles.evaluation.report.figures import Load


def test_no_act_asks_for_nothing() -> None:
    assert Load(acts=0, held=0, granted=0, refused=0, malformed=0).per_hundred is None
    assert Load(acts=200, held=3, granted=2, refused=1, malformed=0).per_hundred == 1.5
