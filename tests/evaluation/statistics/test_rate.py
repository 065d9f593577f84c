import pytest

from vigiles.evaluation.statistics.interval import wilson
from vigiles.evaluation.statistics.rate import clustered, percent, rate, spoken


def test_no_trial_is_no_rate_of_zero() -> None:
    assert rate(0, 0).share is None
    assert spoken(rate(0, 0)) == "-"


def test_it_is_said_with_its_interval_and_counts() -> None:
    assert spoken(rate(0, 50)) == "0 % [0, 7.1] (0/50)"
    assert spoken(rate(12, 100)) == "12 % [7.0, 20] (12/100)"


def test_clusters_never_make_it_surer() -> None:
    alike = clustered([(5, 10)] * 4)
    assert alike.clustered == alike.wilson == wilson(20, 40)
    apart = clustered([(10, 10), (0, 10)] * 2)
    assert apart.clustered is not None
    assert apart.clustered.width > apart.wilson.width
    assert spoken(apart, cluster=True) != spoken(apart)


def test_one_cluster_speaks_for_itself_alone() -> None:
    assert clustered([(5, 10), (0, 0)]) == rate(5, 10)


@pytest.mark.parametrize(("share", "said"), [(0, "0"), (1, "100"), (0.004, "0.4"), (0.123, "12"), (0.9777, "97.8")])
def test_per_cent(share: float, said: str) -> None:
    assert percent(share) == said
