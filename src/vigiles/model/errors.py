"""Errors that say what to do next. A library error never ends the process; the command line maps it to an exit code.

    VigilesError
    +-- InputInvalid          100  a file, id or argument given by the user cannot be used
    +-- RulesetInvalid        101  a profile or rule file does not load
    +-- ControlUnavailable    102  a control that the profile asks for cannot be set up: the cell does not start
    +-- LedgerUnwritable      103  the ledger cannot be written: no act happens
    +-- LedgerInvalid         104  verification failed: the ledger is not what was signed
    +-- NotFound              105  no such run, incident, record or profile
    +-- ProcessLost           106  one of our own processes died
    +-- DrillFailed           107  a drill ran and missed its bars
    +-- Refused               108  the gate refused the act
    +-- EpisodeOver           109  the episode was ended by a response or by a person
    +-- StillHeld             111  some held files could not be applied or discarded and are held as before
    +-- Exposed               112  the cell would have a way out, or a secret, that its profile refuses

Codes begin at 100 so that ``vigiles run`` can pass the command's own exit code through.
"""

from __future__ import annotations


class VigilesError(Exception):
    """Base. ``str(error)`` is one line of what happened; ``remedy`` one line of what to do about it."""

    exit_code = 110

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class InputInvalid(VigilesError):
    """A file, id or argument given by the user cannot be used."""

    exit_code = 100


class RulesetInvalid(VigilesError):
    """A profile or rule file does not load; the message names the file, the rule's ``@id`` and its first line."""

    exit_code = 101


class ControlUnavailable(VigilesError):
    """A control cannot be set up. ``control`` is its name; the start is refused, never downgraded."""

    exit_code = 102

    def __init__(self, control: str, message: str, remedy: str) -> None:
        super().__init__(f"{control}: {message}", remedy)
        self.control = control


class LedgerUnwritable(VigilesError):
    """The ledger cannot be written, so the act does not happen."""

    exit_code = 103


class LedgerInvalid(VigilesError):
    """Verification failed."""

    exit_code = 104


class NotFound(VigilesError):
    """No such run, incident, record or profile."""

    exit_code = 105


class ProcessLost(VigilesError):
    """One of our own processes (recorder, launcher, door, notifier, cell init) died."""

    exit_code = 106


class DrillFailed(VigilesError):
    """A drill ran and missed its bars."""

    exit_code = 107


class Refused(VigilesError):
    """The gate refused the act; ``code`` is the reason code."""

    exit_code = 108

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.code = code


class EpisodeOver(VigilesError):
    """The episode was ended by a response or by a person."""

    exit_code = 109


class StillHeld(VigilesError):
    """Some held files could not be applied or discarded; they are held as before."""

    exit_code = 111


class Exposed(VigilesError):
    """The cell would have a way out, or a secret, that its profile refuses; found before the start."""

    exit_code = 112
