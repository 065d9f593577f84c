"""From one record to the things in it that could carry a note."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Literal, NamedTuple

from vigiles.detectors.channels.rules import DNS, WORD
from vigiles.detectors.expected import Expected
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.base import Observation
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.process import ProcessStart
from vigiles.model.stamp import Stamp
from vigiles.protocols.words import bits_of, digest, long_words

Where = Literal["path", "query", "header", "dns", "argv", "place", "object"]
#: Ports at which honest programs meet strangers by number.
_USUAL_PORTS = frozenset({0, 22, 53, 80, 123, 443})
_SHOWN = 120
_READS = frozenset({"GET", "HEAD"})
#: Why a request is refused before anything of it goes out. Episodes of one task ask for the same things.
_KEPT_IN = frozenset({"request_method", "request_path", "request_query", "request_body", "budget_exfil"})
_ARGV_BITS = WORD.thresholds["argv_word_bits"]
_ANSWERED_BITS = DNS.thresholds["answered_word_bits"]


class Sighting(NamedTuple):
    """``thing``: the digest of a word, or a place. ``shape``: where it stood, without long words. ``shown``: agent text."""

    thing: str
    where: Where
    shape: str
    shown: str
    record: str
    at: Stamp
    coordinates: Coordinates
    attribution: Attribution

    @property
    def episode(self) -> tuple[str, str]:
        """Return run and episode."""
        return self.coordinates.run, self.coordinates.episode


def published(request: HttpRequest) -> bool:
    """Return whether the request only read what was there."""
    return request.method in _READS and request.status is not None and request.status < 400


def wrote(request: HttpRequest) -> bool:
    """Return whether the request left something behind, as far as can be told from outside."""
    done = request.status is not None and request.status < 400
    return done and request.method not in _READS and (request.bytes_out > 0 or request.method in ("PUT", "MKCOL"))


def sightings(record: Observation, expected: Expected) -> Iterator[Sighting]:
    """Yield what ``record`` shows; ``expected`` are the egress rules of its episode."""
    if isinstance(record, HttpRequest):
        yield from _of_request(record)
    elif isinstance(record, DnsQuery):
        yield from _of_query(record, expected)
    elif isinstance(record, ProcessStart):
        text = " ".join(record.argv)
        for word in long_words(text):
            if bits_of(word) >= _ARGV_BITS:
                yield sighting(record, digest(word), "argv", "", word)
    elif isinstance(record, Flow) and record.phase in ("open", "refused") and _by_number(record.host):
        listed = expected.refusal(record.reason, record.host, record.port) is None
        if not listed and record.port not in _USUAL_PORTS:
            place = f"{record.host}:{record.port}"
            yield sighting(record, place, "place", "", place)


def _of_request(record: HttpRequest) -> Iterator[Sighting]:
    if record.status is None and not record.bytes_out and record.reason in _KEPT_IN:
        return
    place = f"{record.host}:{record.port}"
    shape = place + shape_of(record.path)
    if not published(record) and (record.method == "PUT" or not wrote(record)):
        for word in long_words(record.path):
            yield sighting(record, digest(word), "path", shape, place + record.path)
    for thing in record.query:
        yield sighting(record, thing, "query", shape, place + record.path)
    for thing in record.fields:
        yield sighting(record, thing, "header", "", place + record.path)


def _of_query(record: DnsQuery, expected: Expected) -> Iterator[Sighting]:
    answered = record.outcome == "answered"
    if answered and expected.name_refusal(record.reason, record.name) is None:
        return
    for word in long_words(record.name.replace(".", " ")):
        if not answered or bits_of(word) >= _ANSWERED_BITS:
            yield sighting(record, digest(word), "dns", shape_of(record.name), record.name)


def shape_of(text: str) -> str:
    """Return ``text`` with each long word as ``*``."""
    for word in long_words(text):
        text = text.replace(word, "*")
    return text


def sighting(record: Observation, thing: str, where: Where, shape: str, shown: str) -> Sighting:
    """Return a sighting in ``record``, which has coordinates."""
    assert record.coordinates is not None
    return Sighting(
        thing, where, shape, shown[:_SHOWN], record.id, record.at, record.coordinates, record.attribution
    )  # fmt: skip


def _by_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
