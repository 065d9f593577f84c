from __future__ import annotations

import shlex
from typing import Any

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.proof import BUNDLE_ID, bundle_lines, proof
from vigiles.ledger.bundle import check, read_bundle
from vigiles.model.incident import Incident


def test_checkpoint_key_root_and_path_stand_there_for_people(facts: Facts, reading: Any) -> None:
    text = reading(str(proof(facts))).text()
    bundle, ledger = facts.proof.bundle, facts.proof.ledger
    assert bundle is not None
    assert ledger is not None
    own = next(one for one in bundle.records if one.index == facts.timeline.index)
    for part in (bundle.verifier, *bundle.checkpoint.split(), ledger[2], *own.path, "vigiles incident verify REPORT.html"):
        assert part in text
    assert f"vigiles ledger verify --key {shlex.quote(bundle.verifier)}" in text


def test_the_bundle_in_the_page_is_read_back_and_holds(facts: Facts, reading: Any) -> None:
    seen = reading(str(proof(facts)))
    bundle = read_bundle("".join(seen.by_id[BUNDLE_ID]))
    assert bundle == facts.proof.bundle
    checked = check(bundle)
    assert checked.problems == []
    assert facts.timeline.incident in [record for _, record in checked.records if isinstance(record, Incident)]
    assert {index for index, _ in facts.timeline.findings} < {index for index, _ in checked.records}


def test_its_lines_are_printable_whatever_the_bodies_hold(facts: Facts) -> None:
    assert facts.proof.bundle is not None
    shown = bundle_lines(facts.proof.bundle)
    assert all(line.isascii() and line.isprintable() for line in shown)
    assert any("\\\\u001b" in line for line in shown), "the hostile text is in there, escaped twice"


def test_what_is_not_signed_is_not_called_proved(telling: Any, records: Any, reading: Any) -> None:
    text = reading(str(proof(telling(records, signed=False)))).text()
    assert text == "Ledger proof This report proves nothing yet: no checkpoint was signed yet. Write it again later."
