"""Shared makers: acts, profile folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.model.act import Act, ActKind, ProcessSpec
from vigiles.model.coordinates import Coordinates
from vigiles.model.stamp import Stamp

PERMIT = '@id("all") permit (principal, action, resource);\n'


@pytest.fixture
def make_act() -> Callable[..., Act]:
    def make(
        kind: ActKind = "tool_call",
        tool: str = "tool",
        argv: list[str] | None = None,
        arguments: dict[str, object] | None = None,
        call: int = 1,
        mono_us: int = 0,
        via: str = "api",
        cwd: str | None = None,
    ) -> Act:
        spec = ProcessSpec(argv=argv or ["true"], via=via, cwd=cwd) if kind == "process" else None  # type: ignore[arg-type]
        return Act(
            id="act-1",
            at=Stamp(wall_us=0, mono_us=mono_us, boot="b"),
            coordinates=Coordinates(run="r", episode="e", call=call),
            principal="agent",
            kind=kind,
            tool=tool,
            arguments=arguments or {},
            process=spec,
        )

    return make


@pytest.fixture
def make_profile(tmp_path: Path) -> Callable[..., Path]:
    """Write a profile folder; without ``rules`` it has one rule that permits everything, with ``rules=None`` no file."""

    def make(profile: str = "", rules: str | None = PERMIT, name: str = "mine") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "profile.toml").write_text(profile, encoding="utf-8")
        if rules is not None:
            (folder / "rules.cedar").write_text(rules, encoding="utf-8")
        return folder

    return make
