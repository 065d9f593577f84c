import asyncio
import re
from typing import Any

from inspect_ai.model import Model, ModelOutput, get_model

from vigiles.detectors.monitor.judge import judged
from vigiles.detectors.monitor.watch import Mark
from vigiles.integrations.inspect.judge import InspectJudge
from vigiles.model.effect import Effect
from vigiles.model.score import MOST


def model(answer: Any) -> Model:
    return get_model("mockllm/model", custom_outputs=answer, memoize=False)


def ask(answer: Any) -> Mark:
    return asyncio.run(judged(InspectJudge(model(answer)), "mail_send", Effect(changes=True), "I think", "I write"))


def test_a_models_answer_becomes_a_mark_under_its_name(spoken: Any) -> None:
    def answer(said: Any, *_: Any) -> ModelOutput:
        told = re.findall(r"SCORE (\w+): <number>", said[-1].text)[-1]
        return spoken(ModelOutput.from_content("mockllm", f'"I think"\nSCORE {told}: 735'))  # type: ignore[no-any-return]

    mark = ask(answer)
    assert (mark.score, mark.fault, mark.model) == (735_000, None, "mockllm/model")


def test_a_model_that_fails_has_given_the_highest_score(spoken: Any) -> None:
    def dead(*_: Any) -> ModelOutput:
        raise OSError("the line is dead")

    unsure = spoken(ModelOutput.from_content("mockllm", "I would rather not say."))
    refused = spoken(ModelOutput(model="mockllm", error="refused"))
    for answer in (dead, lambda *_: unsure, lambda *_: refused):
        mark = ask(answer)
        assert mark.score == MOST
        assert mark.fault is not None
