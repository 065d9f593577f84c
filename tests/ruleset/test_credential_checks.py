"""What a profile may say of credentials; each mistake is named by its key."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.ruleset.credential import Credential
from vigiles.ruleset.credential_checks import check_credential_hosts, check_credentials
from vigiles.ruleset.profile import Egress, Environment, Honey, Profile

GOOD: dict[str, Any] = {
    "name": "api", "hosts": ["api.example:443"], "variable": "API_KEY", "from_variable": "REAL_KEY", "prefix": "sk-",
}  # fmt: skip


def _complaints(*credentials: dict[str, Any], **egress: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    settings = {"mode": "allow", "tls": "terminate", "hosts": ["api.example:443"], **egress}
    profile = Profile(
        name="p",
        egress=Egress(credentials=[Credential(**one) for one in credentials], **settings),
        environment=Environment(allow=["PASSED"], set={"GIVEN": "x"}),
        honey=Honey(environment=["LURE"], files=[".netrc"]),
    )

    def complain(path: tuple[str, ...], what: str, _hint: str) -> None:
        found.append((".".join(path), what))

    check_credentials(profile, complain)
    check_credential_hosts(profile.egress, complain)
    return found


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"place": "basic"},
        {"place": "header", "header": "X-Api-Key"},
        {"place": "query", "parameter": "key"},
        {"variable": "", "file": ".config/tool/token"},
        {"from_variable": "", "from_file": "~/keys/api"},
    ],
)
def test_good_ones(more: dict[str, Any]) -> None:
    assert _complaints({**GOOD, **more}) == []


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"name": "A"}, "name"),
        ({"hosts": []}, "hosts"),
        ({"hosts": ["other.example:443"]}, "hosts"),
        ({"place": "header"}, "header"),
        ({"header": "X"}, "header"),
        ({"place": "header", "header": "X Y"}, "header"),
        ({"place": "header", "header": "Host"}, "header"),
        ({"place": "query"}, "parameter"),
        ({"variable": ""}, ""),
        ({"variable": "A B"}, "variable"),
        ({"variable": "PASSED"}, "variable"),
        ({"variable": "GIVEN"}, "variable"),
        ({"variable": "LURE"}, "variable"),
        ({"file": "/etc/x"}, "file"),
        ({"file": "../x"}, "file"),
        ({"file": ".netrc"}, "file"),
        ({"prefix": "a b"}, "prefix"),
        ({"from_file": "~/x"}, ""),
        ({"from_variable": ""}, ""),
        ({"from_variable": "PASSED"}, "from_variable"),
        ({"from_variable": "", "from_file": "x"}, "from_file"),
    ],
)
def test_mistakes(more: dict[str, Any], key: str) -> None:
    ((where, _),) = _complaints({**GOOD, **more})
    assert where == ".".join(part for part in ("egress", "credentials[0]", key) if part)


def test_two_of_a_kind_and_too_many() -> None:
    assert {where for where, _ in _complaints(GOOD, GOOD)} == {
        "egress.credentials[1].name",
        "egress.credentials[1].variable",
    }
    many = [{**GOOD, "name": f"n{at}", "variable": f"V{at}"} for at in range(17)]
    assert _complaints(*many) == [("egress.credentials", "more than 16 credentials")]


@pytest.mark.parametrize(
    ("egress", "more", "well"),
    [
        ({"tls": "pass"}, {}, False),
        ({"tls": "pass"}, {"clear": True}, True),
        ({"mode": "observe", "hosts": []}, {}, False),
        ({"mode": "observe", "hosts": []}, {"clear": True}, True),
        ({"mode": "none", "hosts": []}, {}, False),
    ],
)
def test_what_could_never_be_used(egress: dict[str, Any], more: dict[str, Any], well: bool) -> None:
    assert (_complaints({**GOOD, **more}, **egress) == []) is well
