"""The parts of the fuzzer, imported by their paths: the test run does not put this folder on the path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

#: In the order in which one needs the other.
PARTS = ("fuzz_lenient", "fuzz_bytes", "fuzz_http", "fuzz_http2", "fuzz_binary", "fuzz_origin", "fuzz_oracle", "fuzz_play")


def _load(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


LOADED = {name: _load(name) for name in PARTS}


@pytest.fixture(scope="session")
def fuzzing() -> dict[str, ModuleType]:
    return LOADED
