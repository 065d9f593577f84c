from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid
from vigiles.runtime.notify.settings import Command, Webhook, load_receivers, secret_of, target_of


def test_receivers_stand_beside_other_tables(home: Path, settings: Any) -> None:
    settings(
        '[sinks.disk]\nkind = "file"\npath = "/mnt/x"\n'
        '[notify.pager]\nkind = "webhook"\nurl = "https://pager.example/h?token=x"\nsecret_env = "PAGER"\nleast = "high"\n'
        '[notify.mail]\nkind = "command"\nargv = ["/usr/bin/mail", "-s", "Vigiles", "me"]\n'
    )
    receivers = load_receivers(Home(home))
    assert receivers["pager"] == Webhook(url="https://pager.example/h?token=x", secret_env="PAGER", least="high")
    assert receivers["mail"] == Command(argv=["/usr/bin/mail", "-s", "Vigiles", "me"])
    assert target_of(receivers["pager"]) == "https://pager.example/h"


def test_no_settings_notify_nobody(home: Path) -> None:
    assert load_receivers(Home(home)) == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[notify.Pager]\nkind = "webhook"', "notify.Pager: not a name"),
        ('[notify.p]\nkind = "mail"', "notify.p.kind: 'mail' is no kind"),
        ('[notify.p]\nurl = "https://h/"', "notify.p.kind: missing"),
        ('[notify.p]\nkind = "webhook"\nurl = "http://pager.example/"', "http to another machine"),
        ('[notify.p]\nkind = "webhook"\nurl = "ftp://pager.example/"', "not an address"),
        ('[notify.p]\nkind = "webhook"\nurl = "https://u:p@pager.example/"', "not an address"),
        ('[notify.p]\nkind = "webhook"\nurl = "https://h/\\r\\nX: y"', "not an address"),
        ('[notify.p]\nkind = "webhook"\nurl = "https://h:99999/"', "not an address"),
        ('[notify.p]\nkind = "webhook"\nurl = "https://h/"\nsecret = "s3cr3t"', "notify.p: Object contains unknown field"),
        ('[notify.p]\nkind = "webhook"\nurl = "https://h/"\nleast = "terrible"', "notify.p.least"),
        ('[notify.p]\nkind = "webhook"\nurl = "https://h/"\nsecret_env = "a=b"', "notify.p.secret_env"),
        ('[notify.p]\nkind = "webhook"\nurl = "https://h/"\nsecret_env = "A"\nsecret_file = "/x"', "two secrets"),
        ('[notify.p]\nkind = "webhook"\nurl = "https://h/"\nca_file = "x"', "notify.p.ca_file: not an absolute path"),
        ('[notify.p]\nkind = "command"\nargv = ["mail"]', "notify.p.argv: not a command"),
        ('[notify.p]\nkind = "command"\nargv = []', "notify.p.argv: not a command"),
        ('[notify.p]\nkind = "command"\nargv = ["/bin/true"]\ntimeout_s = 0', "notify.p.timeout_s"),
        ("notify = 3", "notify: not a table"),
        ("[notify", "is not TOML"),
    ],
)
def test_mistakes_are_named(home: Path, settings: Any, text: str, named: str) -> None:
    settings(text)
    with pytest.raises(InputInvalid) as error:
        load_receivers(Home(home))
    assert named in str(error.value)
    assert error.value.remedy
    assert "s3cr3t" not in str(error.value) + error.value.remedy


def test_secrets_come_from_where_they_are_named(secret_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = secret_file.read_bytes().strip()
    assert secret_of(Webhook(url="u", secret_file=str(secret_file))) == secret
    monkeypatch.setenv("PAGER", secret.decode())
    assert secret_of(Webhook(url="u", secret_env="PAGER")) == secret
    assert secret_of(Webhook(url="u")) is None
    monkeypatch.setenv("PAGER", "s3cr3t")
    secret_file.chmod(0o640)
    for webhook, what in (
        (Webhook(url="u", secret_env="PAGER"), "6 bytes"),
        (Webhook(url="u", secret_env="GONE"), "is not set"),
        (Webhook(url="u", secret_file=str(secret_file)), "open to other users"),
        (Webhook(url="u", secret_file="/nowhere"), "cannot read"),
    ):
        with pytest.raises(InputInvalid, match=what) as error:
            secret_of(webhook)
        assert "s3cr3t" not in str(error.value)
