import msgspec

from vigiles.model.effect import Datum
from vigiles.world.tool import Answer, Tool


def test_tools_and_answers_come_back_as_they_were() -> None:
    tool = Tool(name="mail_list", description="List mails.", parameters={"type": "object", "properties": {}})
    assert msgspec.json.decode(msgspec.json.encode(tool), type=Tool) == tool
    answer = Answer(text="1 mail", read=(Datum(id="mail-1"),), data={"ids": ["mail-1"]})
    assert msgspec.json.decode(msgspec.json.encode(answer), type=Answer) == answer
