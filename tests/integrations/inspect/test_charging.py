import pytest
from inspect_ai.model import ModelOutput, ModelUsage

from vigiles.evaluation.meter import Price, metered
from vigiles.integrations.inspect.charging import charged

PRICE = Price(input=2_000_000, output=10_000_000)


@pytest.mark.parametrize(
    ("usage", "price", "micro"),
    [
        (ModelUsage(input_tokens=100, output_tokens=10), PRICE, 300),
        (ModelUsage(input_tokens=100, output_tokens=10, input_tokens_cache_read=50, input_tokens_cache_write=4), PRICE, 410),
        (ModelUsage(input_tokens=100, output_tokens=10, total_cost=0.5), PRICE, 500_000),
        (ModelUsage(input_tokens=100, output_tokens=10), None, 0),
        (None, PRICE, 0),
    ],
    ids=["plain", "a cache", "the provider says", "no price", "no word of tokens"],
)
def test_what_is_charged(usage: ModelUsage | None, price: Price | None, micro: int) -> None:
    output = ModelOutput.from_content("some/model", "yes")
    output.usage = usage
    with metered() as meter:
        assert charged(output, price) is output
    assert meter.micro == micro
