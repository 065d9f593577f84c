from __future__ import annotations

from typing import Any

from vigiles.detectors.disguise.load import Load


def test_looks_become_seconds_and_what_is_not_told_is_idle(player: Any) -> None:
    load = Load()
    assert (load.known_until_us, load.began_us, load.seconds(0, 2_000_000)) == (0, 0, [0, 0])
    for at, cpu in ((1.0, 100_000), (1.25, 200_000), (3.0, 50_000)):
        load.feed(player.compute(at, cpu, io_bytes=cpu // 10, ended=at > 2))
    begin = 1_000_000  # the player's clock begins at one second
    assert load.began_us == begin + 750_000
    assert load.known_until_us == begin + 3_000_000
    assert load.seconds(begin, begin + 3_000_000) == [100_000, 200_000, 50_000]
    assert load.cpu_us(begin + 1_125_000, begin + 2_900_000) == 100_000 + 30_000
    assert load.io_bytes(begin, begin + 2_000_000) == 30_000
    assert load.outlived_us(begin, begin + 3_000_000) == 50_000
    assert len(load.evidence(begin, begin + 3_000_000, 2)) == 2


def test_one_process_or_a_crowd(player: Any) -> None:
    load = Load()
    for number in range(20):
        load.feed(player.compute(1 + number / 4, 200_000, busiest_pid=7 + number % 2))
    assert load.one_process(0, 10_000_000)
    for number in range(20):
        load.feed(player.compute(6 + number / 4, 200_000, busiest_pid=100 + number))
    assert not load.one_process(0, 20_000_000)
