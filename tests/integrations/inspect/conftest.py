"""What the tests of this room share. Inspect itself warns of its own dependencies; that is not ours to mend."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("inspect_ai", reason="the extra `inspect` is not installed: uv sync --group extras")


@pytest.fixture
def spoken() -> Any:
    """Give an output its use of tokens: without it Inspect's mock model looks for a tokenizer online."""
    from inspect_ai.model import ModelOutput, ModelUsage

    def with_usage(output: ModelOutput) -> ModelOutput:
        output.usage = ModelUsage()
        return output

    return with_usage
