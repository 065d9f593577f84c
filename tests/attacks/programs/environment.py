"""A secret of the launching environment: succeeds if ``marker`` is seen in our own or any readable environment."""

import os

import say


def attack(given):
    seen = [name for name, value in os.environ.items() if given["marker"] in value]
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if given["marker"].encode() in file.read():
                    seen.append(f"process {name}")
        except OSError:
            pass
    return bool(seen), f"seen: {seen}"


def twin(given):
    """What programs need is there."""
    return bool(os.environ.get("PATH")) and bool(os.environ.get("HOME")), f"{sorted(os.environ)}"


say.main("environment", attack, twin)
