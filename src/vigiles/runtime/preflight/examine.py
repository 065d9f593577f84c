"""The examination itself: what a cell would have, under what the profile says about it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from vigiles.cell.spec import CellSpec
from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import Exposed
from vigiles.model.plain import text
from vigiles.model.preflight import Exposure, ExposureKind, Preflight
from vigiles.ruleset.profile import Profile
from vigiles.runtime.preflight import machine, mounts, sockets, tokens
from vigiles.runtime.preflight.secret_files import Limits, Search, digest, search

#: What to do about each kind, after its name.
REMEDIES: dict[ExposureKind, str] = {
    "runtime_socket": "do not show its folder (files.read, files.write, --read), nor pass its variable",
    "host_root": "name the folders that are needed in files.write, or work on an overlay",
    "host_write": "work on an overlay (files.workdir), or take the path out of files.write",
    "metadata": "take the host out of egress.hosts and egress.pins, or keep egress.refused_ranges at its default",
    "privileged": "run Vigiles outside of the container, or in one without --privileged, --pid=host and --network=host",
    "secret_environment": "take the variable out of environment.allow, or give a credential that is good for this run only",
    "secret_file": "move the credential out of the work directory, or give one that is good for this run only",
}


def examine(
    profile: Profile,
    spec: CellSpec,
    key: bytes,
    *,
    coordinates: Coordinates | None = None,
    limits: Limits | None = None,
    environ: Mapping[str, str] | None = None,
) -> Preflight:
    """Return what is found and not ignored. ``key``: 32 bytes, of the home; ``environ``: ours, of which some is passed on.

    Blocks for as long as ``limits`` say: by default a tenth of a second at most, for an episode waits for it.
    """
    wanted = profile.preflight
    told = Search()
    if wanted.secret_file != "ignore" and spec.workdir:
        told = search(spec.workdir, key, limits or Limits())
    given = os.environ if environ is None else environ
    found = [
        *_sockets(spec, profile, given),
        *_mounts(spec),
        *(
            ("metadata", host, "a metadata service, which hands out the machine's credentials")
            for host in _metadata(profile)
        ),
        *(("privileged", "-", what) for what in machine.privileged(inside=machine.container())),
    ]
    exposures = [
        Exposure(kind=kind, action=action, where=text(where), what=what)
        for kind, where, what in found
        if (action := getattr(wanted, kind)) != "ignore"
    ]
    if wanted.secret_environment != "ignore":
        exposures += [
            Exposure(kind="secret_environment", action=wanted.secret_environment, where=name, what=what, digest=hidden)
            for name, what, hidden in _environment(profile, given, key)
        ]
    if wanted.secret_file != "ignore":
        exposures += [
            Exposure(
                kind="secret_file",
                action=wanted.secret_file,
                where=text(os.fsencode(os.path.relpath(one.path, spec.workdir))),
                what=one.what,
                line=one.line,
                digest=one.digest,
            )
            for one in told.secrets
        ]
    return Preflight(
        id=new_id("pre"),
        at=now(),
        coordinates=coordinates,
        exposures=exposures,
        files=told.files,
        bytes=told.bytes,
        complete=told.complete,
        unread=[text(os.fsencode(os.path.relpath(folder, spec.workdir))) for folder in told.unread],
    )


def refuse(record: Preflight) -> None:
    """Raise :class:`Exposed` if the profile does not let a start go on with what was found."""
    refused = [one for one in record.exposures if one.action == "refuse"]
    if refused:
        first = refused[0]
        more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
        raise Exposed(
            f"not started, for what the cell would have: {first.what}: {place(first)} ({first.kind}){more}",
            f'{REMEDIES[first.kind]}; or, knowing it, say preflight.{first.kind} = "warn" in the profile.',
        )


def place(one: Exposure) -> str:
    """Return where an exposure stands, as a person reads it."""
    return one.where if one.line is None else f"{one.where}:{one.line}"


def _sockets(spec: CellSpec, profile: Profile, environ: Mapping[str, str]) -> Iterator[tuple[ExposureKind, str, str]]:
    direct = [spec.workdir] if spec.workdir and spec.workdir_mode != "overlay" else []
    shown = [path for path in spec.read if path not in spec.bound]  # an interpreter has none, and many files
    root = [os.path.join(spec.rootfs, "run"), os.path.join(spec.rootfs, "var/run")] if spec.rootfs else []
    for path in sockets.below([*shown, *spec.write, *direct, *root]):
        yield "runtime_socket", path, "the socket of a container runtime, which is root on the host"
    passed = {name: environ[name] for name in profile.environment.allow if name in environ} | profile.environment.set
    for name in sockets.VARIABLES:
        if passed.get(name, "").startswith(("unix:", "tcp:", "ssh:", "npipe:", "/")):
            yield "runtime_socket", name, "the address of a container runtime, in a variable"


def _mounts(spec: CellSpec) -> Iterator[tuple[ExposureKind, str, str]]:
    direct = [spec.workdir] if spec.workdir and spec.workdir_mode == "direct" else []
    for path in (*direct, *spec.write):
        if mounts.is_root(path):
            yield "host_root", path, "a folder of the host, writable, that starts programs or lets people in"
        elif held := mounts.valuables(path):
            yield "host_write", path, f"a writable folder of the host that holds {', '.join(held)}"
        elif path in spec.write:
            yield "host_write", path, "a writable folder of the host"


def _metadata(profile: Profile) -> list[str]:
    return machine.metadata_allowed(profile.egress)


def _environment(profile: Profile, environ: Mapping[str, str], key: bytes) -> Iterator[tuple[str, str, str]]:
    for name in profile.environment.allow:
        what = tokens.value_of(name, environ.get(name, ""))
        if what is not None:
            yield name, what, digest(key, tokens.os_bytes(environ[name]))
