"""Where the ledger's files live: one directory per installation, closed to everybody else."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from vigiles.ledger.durable import make_folders
from vigiles.model.errors import InputInvalid, LedgerUnwritable


def default_home() -> Path:
    """Return ``$VIGILES_HOME``, or ``~/.local/state/vigiles``. Raises :class:`InputInvalid` for a user without a home."""
    named = os.environ.get("VIGILES_HOME")
    if named:
        return Path(named).absolute()
    try:
        return Path.home() / ".local" / "state" / "vigiles"
    except RuntimeError as error:
        raise InputInvalid("this user has no home directory", "Set VIGILES_HOME to a directory of your own.") from error


@dataclass(frozen=True)
class Home:
    """The paths inside one home directory."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite store."""
        return self.path / "ledger.sqlite3"

    @property
    def key(self) -> Path:
        """The recorder's Ed25519 signing key, mode 0600."""
        return self.path / "ledger.key"

    @property
    def verifier(self) -> Path:
        """The verifier key, one line; copy it elsewhere, for it is what a verifier must trust."""
        return self.path / "ledger.vkey"

    @property
    def socket(self) -> Path:
        """The recorder's Unix socket."""
        return self.path / "recorder.sock"

    @property
    def lock(self) -> Path:
        """The file whose lock the one recorder of this home holds."""
        return self.path / "recorder.lock"

    @property
    def reserve(self) -> Path:
        """Space set aside on this disk while a recorder runs."""
        return self.path / "ledger.reserve"

    @property
    def reserve_bytes(self) -> Path:
        """The file that says how much, where a person wrote one."""
        return self.path / "ledger.reserve-bytes"

    @property
    def secret(self) -> Path:
        """32 random bytes, mode 0600: keys the digests of secrets that were found."""
        return self.path / "home.secret"

    @property
    def settings(self) -> Path:
        """What a person has set for this home, for example where checkpoints go."""
        return self.path / "settings.toml"

    @property
    def notify(self) -> Path:
        """The folder of what is known of each one who is notified of incidents."""
        return self.path / "notify"

    @property
    def sinks(self) -> Path:
        """The folder of what is known of each sink for checkpoints."""
        return self.path / "sinks"

    @property
    def baseline(self) -> Path:
        """What honest episodes share, as a person let it be learnt."""
        return self.path / "channels-baseline.json"

    @property
    def log(self) -> Path:
        """What a detached recorder complains about."""
        return self.path / "recorder.log"

    def prepare(self) -> None:
        """Make the directory with mode 0700, or check that an existing one is ours and closed to others.

        Raises :class:`InputInvalid` if it is somebody else's or open, :class:`LedgerUnwritable` if it cannot be made.
        """
        try:
            make_folders(self.path, 0o700)
            status = os.stat(self.path)
        except OSError as error:
            raise LedgerUnwritable(
                f"cannot make {self.path}: {error.strerror}", "Set VIGILES_HOME to a directory that you can write."
            ) from error
        if status.st_uid != os.geteuid():
            raise InputInvalid(
                f"{self.path} belongs to user {status.st_uid}, and you are {os.geteuid()}",
                "Run as the owner, or set VIGILES_HOME to a directory of your own.",
            )
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise InputInvalid(f"{self.path} is open to other users", f"Close it: chmod 700 {self.path}")
        for path in (self.database, *(Path(f"{self.database}-{end}") for end in ("wal", "shm")), self.key, self.secret):
            self._closed(path)

    def _closed(self, path: Path) -> None:
        """Close a file to others: bodies are for the owner alone, also where somebody opens the directory later."""
        try:
            status = os.lstat(path)
            ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
            if ours and stat.S_IMODE(status.st_mode) & 0o077 and path not in (self.key, self.secret):
                os.chmod(path, 0o600)  # as a restored copy may be; a key that others could read is refused where it is used
        except OSError:
            return  # not there yet; whoever needs it will say more
        if not ours:
            raise InputInvalid(f"{path} is not a file of yours", "Run as its owner, or restore the home from a backup.")
