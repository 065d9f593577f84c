from vigiles.world.index import index
from vigiles.world.staging import Staging


def test_states_of_one_staging_share_nothing_that_changes(staging: Staging) -> None:
    one, other = index(staging).state(), index(staging).state()
    assert one == other
    one.mails.clear()
    one.unread.clear()
    one.orders["x"] = None  # type: ignore[assignment]
    one.said.clear()
    assert other == index(staging).state()
    assert other.mails
    assert other.unread == {"mail-1", "mail-2", "mail-3"}
