from pathlib import Path

import pytest
from click.testing import CliRunner

from vigiles.cli.evaluation.show import command
from vigiles.model.errors import NotFound


def test_no_results(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path)])
    assert isinstance(result.exception, NotFound)
    with pytest.raises(NotFound, match="holds no results"):
        raise result.exception
