from vigiles.integrations.inspect.playing import SCENE


def test_outside_of_an_episode_there_is_no_scene() -> None:
    assert SCENE.get() is None
