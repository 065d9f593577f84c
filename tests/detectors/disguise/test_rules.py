from __future__ import annotations

from vigiles.detectors.disguise.rules import MINING, SSH_IN_TLS


def test_the_numbers_fit_together() -> None:
    limits = MINING.thresholds
    assert limits["length_us"] < limits["long_us"] < 60_000_000 < limits["window_us"], "a miner has a minute"
    assert limits["silent_io_per_cpu_second"] < limits["steady_io_per_cpu_second"]
    assert limits["reports"] < limits["reports_alone"]
    assert limits["cpu_percent"] < 5, "judged in shares that a crowded machine still gives"
    assert not SSH_IN_TLS.thresholds
