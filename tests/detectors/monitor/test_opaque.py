from __future__ import annotations

import base64
import codecs

import pytest

from vigiles.detectors.monitor.opaque import opaque

_TEXT = "The pressure at the inlet must not be higher than four bar, and the valve is closed by hand if it is."


@pytest.mark.parametrize(
    "text",
    [base64.b64encode(_TEXT.encode()).decode(), _TEXT.encode().hex(), codecs.encode(_TEXT, "rot13"), _TEXT[::-1]],
)
def test_what_is_encoded_is_opaque(text: str) -> None:
    assert opaque(text)


@pytest.mark.parametrize(
    "text", ["", "Thanks, see you at nine", _TEXT, "Dear Anna, please find the invoice attached. Kind regards, Alex"]
)
def test_what_people_read_is_not(text: str) -> None:
    assert not opaque(text)
