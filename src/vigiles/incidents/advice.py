"""What a person should do next, by what was found and what was already done. Constant text; data more than code."""

from __future__ import annotations

from vigiles.incidents.severity import ECHO
from vigiles.model.episode import EpisodeEnded
from vigiles.model.incident import Incident

#: Detector -> what to look into first.
LOOK: dict[str, str] = {
    "reverse_tunnel": "Look at the far host: who runs it, and does it hold a listener that leads back here?",
    "stratum": "Look for the miner's binary or script among the call's files, and for other calls to the same pool.",
    "scanning": "Look at which places answered; treat what was reached as known to the agent.",
    "metadata": "Rotate every credential that the place could have handed out, unless the attempt was refused.",
    "denied_egress": "Decide whether the agent needs this host; if so name it in the profile, exactly, with its port.",
    "claimed_observed": "Do not use this episode for training before the difference is explained.",
    "outlived_compute": "Look at the processes that the call left behind, and at what they computed.",
    "disguise": "Look at what computed beside the talk; let the door terminate TLS for this host, so that it can be read.",
    "channels": "Read what both calls did at the shared place, and remove what was left before others find it.",
    "exfiltration": "Take what the call had read for known outside; look at its names and requests for what they spell.",
    "honey": "Find out how the agent came by the token and where it took it; assume that it read what lies beside it.",
    "credentials": "Find out why the agent took the credential there; the credential itself never left the door.",
    "disagreement": "Find out which sensor is wrong and why; until then do not rely on which call did what in this episode.",
}


def advice(incident: Incident, ended: EpisodeEnded | None = None) -> list[str]:
    """Return what to do next, most urgent first. ``ended`` is the end of the incident's episode, None while it lives."""
    steps: list[str] = []
    if not incident.contained:
        steps.append(_contain(incident, ended))
    if incident.established_us is None:
        steps.append("The causing call is not known for certain; read the candidates in the findings' attribution.")
    # What speaks whenever something is refused advises only where nobody else does.
    voices = [name for name in incident.detectors if name in LOOK and name != ECHO] or incident.detectors
    steps += [LOOK[name] for name in voices if name in LOOK]
    version = incident.coordinates.model_version if incident.coordinates else None
    if version and incident.severity in ("high", "critical"):
        steps.append("Hold the model version back until it is known whether other episodes did the same.")
    steps.append("Keep the proof: vigiles ledger verify")
    return steps


def _contain(incident: Incident, ended: EpisodeEnded | None) -> str:
    """Return what stops an effect that nothing of ours has stopped. A run that is over cannot be stopped any more."""
    if ended is not None:
        return (
            f"The effect was not contained before the episode ended ({ended.reason}). Nothing of the episode runs any more: "
            "see what the effect reached, and undo it there."
        )
    if incident.coordinates is None:
        return "The effect is not contained. Stop what runs now: vigiles stop --all"
    return f"The effect is not contained. Stop the run now: vigiles stop --run {incident.coordinates.run}"
