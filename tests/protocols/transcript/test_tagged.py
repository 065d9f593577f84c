from hypothesis import given
from hypothesis import strategies as st

from vigiles.protocols.transcript.tagged import tagged
from vigiles.protocols.transcript.turns import spoken

_CODER = """I look first.
<tool_call>
<function=read_file>
<parameter=path>
a/b.py
</parameter>
<parameter=lines>
10
20
</parameter>
</function>
</tool_call>"""


def test_a_call_with_parameters_in_tags() -> None:
    (use,), rest = tagged(_CODER)
    assert (use.tool, use.arguments) == ("read_file", {"path": "a/b.py", "lines": "10\n20"})
    assert rest.strip() == "I look first."


def test_a_call_as_an_object() -> None:
    (use,), rest = tagged('<tool_call>{"name": "send", "arguments": {"to": "x"}}</tool_call> Done.')
    assert (use.tool, use.arguments, rest) == ("send", {"to": "x"}, " Done.")


def test_a_text_that_was_cut_off_still_tells_what_was_wanted() -> None:
    (use,), _ = tagged("<tool_call>\n<function=write>\n<parameter=text>\nthe beginning of")
    assert (use.tool, use.arguments) == ("write", {"text": "the beginning of"})


def test_what_cannot_be_read_stays_text() -> None:
    for text in (
        "<tool_call>nothing</tool_call>",
        '<tool_call>{"no": 1}</tool_call>',
        "<tool_call>[1]</tool_call>",
        "plain",
    ):
        assert tagged(text) == ((), text)


def test_a_message_with_calls_of_its_own_keeps_its_text() -> None:
    plain = {"role": "assistant", "content": _CODER}
    assert [use.tool for use in spoken(plain).uses] == ["read_file"]
    both = spoken({**plain, "tool_calls": [{"name": "list", "arguments": {}}]})
    assert [use.tool for use in both.uses] == ["list"]
    assert both.text == _CODER


@given(st.text(alphabet='<tool_caparmefuni=>/{}"n:,\n x', max_size=200))
def test_any_text_is_read_or_kept(text: str) -> None:
    uses, rest = tagged("<tool_call>" + text)
    assert uses or rest == "<tool_call>" + text
