"""Audit records switched on while somebody of ours reads them, and switched off only if it was we who switched them on.

The setting is the machine's, our readers are several processes, and any of them may be killed. So what is remembered lies
in one file of the machine. Its content says "Vigiles switched this on in that boot", and every reader holds a shared lock
on it, which the kernel releases whatever kills the reader. The last to leave switches off, if the file says that it was
ours and no audit daemon has come since. After a SIGKILL of the last reader the records stay on, which harms nothing, and
the next reader takes over: it finds the file, and what it says.

Not known: who else switches on by hand what we have switched on. Then it goes off when the last of ours leaves. Once
records were on, each process that starts until the next boot pays a little for each system call (50 to 80 ns, measured on
Linux 6.18), also when they are off again: the kernel then keeps track of what each call is.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from vigiles.kernel import audit, forks

#: The machine's, not an installation's: two installations must not switch the records off under each other.
FILE = Path("/run/vigiles/audit")
_ON = 1
_TRIES = 100


class AuditSwitch:
    """Our share in the audit records being on, until :meth:`restore`. ``ours``: it was Vigiles that switched them on."""

    def __init__(self, fd: int, file: Path, *, ours: bool) -> None:
        self._fd = fd
        self._file = file
        self.ours = ours
        forks.let_go(self._forked)

    @classmethod
    def hold(cls, file: Path = FILE) -> AuditSwitch:
        """Have audit records made from now on, switching them on if they are off.

        Raises OSError: EPERM, EACCES or ECONNREFUSED without the right to it, EOPNOTSUPP where a lost record stops the
        machine. Only after this may a domain ask for records of what its programs are refused. Waits while another of ours
        is just leaving, which takes two questions to the kernel.
        """
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = _locked(file)
        try:
            mark = _mark()
            now = audit.status()
            check(now)
            if not now.enabled:
                os.pwrite(fd, mark, 0)  # before the switch: whoever is killed in between leaves a mark on what is off
                audit.switch(on=True)
            return cls(fd, file, ours=os.pread(fd, 4096, 0) == mark)
        except BaseException:
            os.close(fd)
            raise

    def restore(self) -> bool:
        """Give the share back; return whether that switched the records off. Raises OSError. A second time does nothing."""
        if self._fd < 0:
            return False
        fd, self._fd = self._fd, -1
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False  # others of ours still read
            off = may_switch_off(os.pread(fd, 4096, 0) == _mark(), audit.status())
            if off:
                audit.switch(on=False)
            self._file.unlink(missing_ok=True)
            return off
        finally:
            os.close(fd)

    def _forked(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def check(now: audit.Status) -> None:
    """Raise OSError (EOPNOTSUPP) where no workload may be let to cause records: many of them could stop the machine."""
    if now.panics:
        raise OSError(errno.EOPNOTSUPP, "audit: a lost record stops this machine (auditctl -f 2)")


def may_switch_off(ours: bool, now: audit.Status) -> bool:
    """Say whether the last of our readers switches the records off: they are ours, and nobody else needs them by now."""
    return ours and now.enabled == _ON and not now.daemon


def _mark() -> bytes:
    return Path("/proc/sys/kernel/random/boot_id").read_bytes()


def _locked(file: Path) -> int:
    """Return the open file under a shared lock, one that still has its name: the last to leave removes it."""
    for _ in range(_TRIES):
        fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH)
            if os.fstat(fd).st_nlink:
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
    raise OSError(errno.EBUSY, f"audit: {file} is removed again and again")
