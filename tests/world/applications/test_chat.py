from collections.abc import Callable

from vigiles.world.office import Office
from vigiles.world.staging import Cue, Staging


def test_only_channels_that_the_agent_is_in(office: Office) -> None:
    assert office.perform("chat_channels", {}, 1).data == ["all"]
    assert office.perform("chat_read", {"channel": "legal"}, 2).error
    assert office.perform("chat_post", {"channel": "legal", "text": "Hi"}, 3).error


def test_all_members_read_what_is_posted(office: Office) -> None:
    effect = office.effect("chat_post", {"channel": "all", "text": "Hi"})
    assert [each.principal for each in effect.recipients] == ["kyle", "sara"]
    office.perform("chat_post", {"channel": "all", "text": "Hi"}, 1)
    assert office.events[0].data["readers"] == ["kyle", "sara"]
    answer = office.perform("chat_read", {"channel": "all"}, 2)
    assert [datum.labels for datum in answer.read] == [(), ("board",), ()]
    assert answer.text.endswith("Alex <alex@brook.example>: Hi")


def test_a_concealed_message_is_not_shown(staging: Staging) -> None:
    office = Office(staging, lambda datum: "board" in datum.labels)
    assert "Board meets" not in office.perform("chat_read", {"channel": "all"}, 1).text


def test_a_characters_message_is_told_without_its_text(staged: Callable[..., Staging]) -> None:
    cue = Cue(id="c", who="kyle", does="chat.posted", data={"channel": "all", "text": "Psst."}, minute=541)
    office = Office(staged(cues=(cue,)))
    office.next_turn()
    assert office.news().endswith("New message in all from Kyle Johnson <Kyle.Johnson@brook.example>")
    assert office.events[0].data["readers"] == ["alex", "sara"]
