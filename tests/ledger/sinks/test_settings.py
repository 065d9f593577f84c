from __future__ import annotations

import base64
from pathlib import Path

import pytest

from vigiles.ledger.home import Home
from vigiles.ledger.note import Verifier
from vigiles.ledger.sinks.settings import FileSink, WebhookSink, WitnessSink, kind_of, load_sinks
from vigiles.model.errors import InputInvalid

WITNESS = Verifier("witness.example/w1", 4, bytes(32))


def sinks(home: Path, text: str) -> dict[str, object]:
    home.mkdir(exist_ok=True)
    Home(home).settings.write_text(text)
    return dict(load_sinks(Home(home)))


def test_none_without_a_file_and_none_in_an_empty_one(home: Path) -> None:
    assert load_sinks(Home(home)) == {}
    assert sinks(home, "") == {}


def test_one_of_each_kind(home: Path) -> None:
    found = sinks(
        home,
        f"""
        [sinks.other-disk]
        kind = "file"
        path = "/mnt/other/vigiles.checkpoints"
        [sinks.hook]
        kind = "webhook"
        url = "https://log.example:8443/in?a=b"
        token_file = "/etc/token"
        deliver = "newest"
        interval_s = 60
        [sinks.w1]
        kind = "witness"
        url = "http://127.0.0.1:9/w"
        key = "{WITNESS}"
        """,
    )
    assert found == {
        "other-disk": FileSink(path="/mnt/other/vigiles.checkpoints"),
        "hook": WebhookSink(url="https://log.example:8443/in?a=b", token_file="/etc/token", deliver="newest", interval_s=60),
        "w1": WitnessSink(url="http://127.0.0.1:9/w", key=str(WITNESS)),
    }
    assert [kind_of(sink) for sink in load_sinks(Home(home)).values()] == ["file", "webhook", "witness"]


FILE = '[sinks.a]\nkind = "file"\n'
HOOK = '[sinks.a]\nkind = "webhook"\n'
SEEN = '[sinks.a]\nkind = "witness"\nurl = "https://w.example"\n'
ED25519 = Verifier("w", 1, bytes(32))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sinks = 1", "sinks: not a table"),
        ("x = ", "not TOML"),
        ("[sink.a]", "sink: no such table"),
        ("[sinks]\na = 1", "sinks.a: not a table"),
        ('[sinks."A b"]\nkind = "file"', "sinks.A b: not a name"),
        ("[sinks.a]", "sinks.a.kind: missing"),
        ('[sinks.a]\nkind = "smtp"', "sinks.a.kind: 'smtp' is no kind"),
        (FILE, "sinks.a.path: Object missing required field"),
        (FILE + "path = 3", "sinks.a.path: Expected `str`"),
        (FILE + 'path = "/a"\nurl = "b"', "sinks.a.url: Object contains unknown field"),
        (FILE + 'path = "a/b"', "sinks.a.path: not an absolute path"),
        (FILE + 'path = "{home}/x"', "sinks.a.path: inside the home"),
        (FILE + 'path = "/a"\ndeliver = "some"', "sinks.a.deliver: Invalid enum value"),
        (FILE + 'path = "/a"\ninterval_s = 0', "sinks.a.interval_s: Expected `int` >= 1"),
        (HOOK + 'url = "http://log.example/in"', "sinks.a.url: http to another machine"),
        (HOOK + 'url = "ftp://log.example/in"', "sinks.a.url: not an address"),
        (HOOK + 'url = "https://"', "sinks.a.url: not an address"),
        (HOOK + 'url = "https://h:99999/"', "sinks.a.url: not an address"),
        (HOOK + 'url = "https://user:word@h/"', "sinks.a.url: not an address"),
        (HOOK + 'url = "https://h/"\nca_file = "c.pem"', "sinks.a.ca_file: not an absolute path"),
        (SEEN, "sinks.a.key: Object missing required field"),
        (SEEN + 'key = "w+00+AA"', "sinks.a.key: "),
        (SEEN + f'key = "{ED25519}"', "sinks.a.key: a key of type 1"),
        (SEEN.replace("example", "example/?a=b") + f'key = "{WITNESS}"', "sinks.a.url: a prefix has no query"),
    ],
)
def test_every_mistake_names_file_and_key_and_what_to_do(home: Path, text: str, words: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        sinks(home, text.replace("{home}", str(home)))
    assert str(Home(home).settings) in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_what_is_no_text(home: Path) -> None:
    home.mkdir()
    Home(home).settings.write_bytes(base64.b64decode("/////w=="))
    with pytest.raises(InputInvalid, match=r"cannot read .*settings\.toml"):
        load_sinks(Home(home))


def test_the_guides_example_is_one(home: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "guides" / "checkpoints.md").read_text("utf-8")
    block = page.partition("```toml\n")[2].partition("```")[0]
    assert set(sinks(home, block)) == {"other-disk", "archive", "w1"}
    for sink in (FileSink, WebhookSink, WitnessSink):
        for key in sink.__struct_fields__:
            assert f"`{key}`" in page, key
