from __future__ import annotations

from pathlib import Path

from vigiles.drills.world.journal import Journal, read


def test_effects_come_back_in_order_and_stamped(tmp_path: Path):
    journal = Journal(tmp_path / "j")
    journal.add("a.b", "one")
    journal.add("a.b", "x" * 500)
    journal.close()
    first, second = read(tmp_path / "j")
    assert first.key == "a.b:one"
    assert len(second.tag) == 64
    assert first.mono_us <= second.mono_us


def test_a_half_written_line_and_an_absent_file_are_no_effects(tmp_path: Path):
    assert read(tmp_path / "none") == []
    (tmp_path / "j").write_bytes(b'{"name":"a.b","tag":"t","mono_us":1}\n{"name":"a')
    assert len(read(tmp_path / "j")) == 1


def test_a_flood_is_bounded(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("vigiles.drills.world.journal._MAX_LINES", 3)
    journal = Journal(tmp_path / "j")
    for _ in range(10):
        journal.add("a.b", "t")
    journal.close()
    assert len(read(tmp_path / "j")) == 3
