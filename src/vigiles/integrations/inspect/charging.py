"""Charges what a model's answer cost: what its provider says, else by a price that the user gave.

Inspect knows no prices of its own. Tokens that a provider's cache took or gave count as any other input, those that went
into it a quarter more, as the dearest provider has it: a cap must hold, so the meter may run fast and never slow.
"""

from __future__ import annotations

from inspect_ai.model import ModelOutput

from vigiles.evaluation.meter import Price, charge


def charged(output: ModelOutput, price: Price | None) -> ModelOutput:
    """Charge the episode that is being played, and return the answer."""
    used = output.usage
    if used is None:
        return output
    if used.total_cost is not None:
        charge(round(used.total_cost * 1_000_000))
    elif price is not None:
        cached = (used.input_tokens_cache_read or 0) + -(-(used.input_tokens_cache_write or 0) * 5 // 4)
        charge(price.of(used.input_tokens + cached, used.output_tokens))
    return output
