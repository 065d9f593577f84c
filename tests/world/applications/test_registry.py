import pytest

from vigiles.model.errors import InputInvalid
from vigiles.world.applications.registry import APPLICATIONS, BRINGS, DEFAULTS, FOLDS, tools, verbs


def test_tools_are_named_for_their_application_or_stand_alone() -> None:
    every = tuple(APPLICATIONS)
    assert len(tools(every)) == len({tool.name for tool in tools(every)}) == len(verbs(every))


def test_an_application_that_is_not_there() -> None:
    with pytest.raises(InputInvalid, match="no application 'post'"):
        verbs(("mail", "post"))


def test_what_comes_into_the_world_changes_it() -> None:
    assert set(BRINGS) <= set(FOLDS)
    assert set(DEFAULTS) <= set(FOLDS)
