"""Persistent shells on the async interface, and under rules of one's own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import ShellOutcome
from vigiles.runtime import process_call
from vigiles.runtime.episode import Episode
from vigiles.runtime.outcome import Outcome

pytestmark = pytest.mark.cell


def test_commands_asked_at_once_run_one_after_the_other(inside: Callable[..., Any]) -> None:
    async def body(episode: Episode) -> list[bytes]:
        async with episode.shell() as shell:
            outcomes = await asyncio.gather(*(shell.run("n=$((n + 1)); sleep 0.05; echo $n") for _ in range(4)))
            return [outcome.stdout for outcome in outcomes]

    assert inside(body) == [b"1\n", b"2\n", b"3\n", b"4\n"]


def test_a_refused_command_changes_nothing(inside: Callable[..., Any], make_profile: Callable[..., Path]) -> None:
    rule = '@id("no-secret")\nforbid(principal, action, resource) when { context.arguments.hasTag("command") && '
    rule += 'context.arguments.getTag("command") like "*secret*" };\n@id("all")\npermit(principal, action, resource);\n'

    async def body(episode: Episode) -> tuple[ShellOutcome, ShellOutcome]:
        async with episode.shell() as shell:
            await shell.run("X=1")
            refused = await shell.run("X=2; echo secret")
            return refused, await shell.run("echo $X")

    refused, after = inside(body, profile=make_profile(rules=rule))
    assert (refused.allowed, refused.carried, refused.why, refused.stdout) == (False, False, None, b"")
    assert after.stdout == b"1\n"


@pytest.mark.parametrize(
    ("number", "code", "told"), [(200, 0, b"through"), (2, 125, b"descriptor 2 is taken"), (1, 125, b"is taken")]
)
def test_a_further_descriptor_is_put_at_its_number_or_the_call_does_not_start(
    inside: Callable[..., Any], number: int, code: int, told: bytes
) -> None:
    async def body(episode: Episode) -> Outcome:
        reader, writer = os.pipe2(os.O_CLOEXEC)
        os.write(writer, b"through")
        os.close(writer)
        try:
            argv = ["bash", "-c", f"cat <&{number}"]
            return await process_call.run(episode, process_call.Order(argv, placed={number: reader}))
        finally:
            os.close(reader)

    outcome = inside(body)
    assert (outcome.exit_code, told in outcome.stdout + outcome.stderr) == (code, True)
