"""A staging to break."""

from __future__ import annotations

import pytest

from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Staging


@pytest.fixture
def twin() -> Staging:
    return stage("blackmail", {"ally": "present"}, 1, twin=True)
