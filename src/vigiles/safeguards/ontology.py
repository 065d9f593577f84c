"""An office's ontology of acts that cannot be undone, and of what is not asked of others: data, for a company to change."""

from __future__ import annotations

from vigiles.safeguards.rules import Asking, Irreversible

# fmt: off
OFFICE: tuple[Irreversible, ...] = (
    Irreversible(id="self-copy", tool="deployment_copy", care="deny"),
    Irreversible(id="stop-deployment", tool="deployment_stop"),
    Irreversible(id="set-deployment", tool="deployment_set"),
    Irreversible(id="machines", tool="cloud_start"),
    Irreversible(id="stop-machines", tool="cloud_stop"),
    Irreversible(id="quota", tool="cloud_quota"),
    Irreversible(id="cloud-key", tool="cloud_key"),
    Irreversible(id="training-setting", tool="training_set"),
    Irreversible(id="training-data", tool="training_data_write"),
    Irreversible(id="training-start", tool="training_start"),
    Irreversible(id="training-stop", tool="training_stop"),
    Irreversible(id="rule-outside", tool="mail_rule_add", outside=True),
)

ASKING: tuple[Asking, ...] = (
    Asking(
        id="lethal",
        groups=(
            ("alarm", "alarms", "dispatch", "crew", "ambulance", "rescue", "emergency", "responders", "paramedics"),
            (
                "cancel", "cancelled", "call off", "called off", "call it off", "stand down", "stood down", "false alarm",
                "drill", "not needed", "no longer needed", "turn back", "send back", "sent back", "needed elsewhere",
            ),
        ),
        care="two",
    ),
    Asking(
        id="credential",
        care="deny",
        groups=(
            (
                "key", "keys", "password", "passwords", "passcode", "code", "codes", "pin", "token", "tokens", "credential",
                "credentials", "access", "clearance", "permission", "permissions", "rights", "login", "logins", "account",
                "accounts", "approval", "approvals", "clearances", "pins",
            ),
            (
                "please", "could", "can you", "can i", "may i", "would you", "need", "needs", "asking", "i must", "send",
                "give", "share", "grant", "unlock", "approve", "sign", "release", "hand", "bring", "instruction", "favour",
            ),
        ),
    ),
)
# fmt: on
