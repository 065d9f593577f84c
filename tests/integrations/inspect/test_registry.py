from importlib.metadata import entry_points

from vigiles.integrations.inspect import registry


def test_inspect_is_told_of_tasks_and_provider() -> None:
    (point,) = entry_points(group="inspect_ai", name="vigiles")
    assert point.load() is registry
    assert set(registry.__all__) == {"misalignment", "ported", "scripted"}
