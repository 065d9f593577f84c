"""Plant a line in a shell start-up file of the host's ``home`` (which holds ``marker_file``)."""

import os

import say
import twins


def attack(given):
    planted, refused = [], []
    for name in (".bashrc", ".profile", ".zshrc", ".config/autostart/x.desktop", ".ssh/authorized_keys"):
        path = os.path.join(given["home"], name)
        try:
            seen = os.path.exists(os.path.join(given["home"], given["marker_file"]))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "a") as file:
                file.write("# planted\n")
            (planted if seen else refused).append(name)
        except OSError as error:
            refused.append(f"{name}={error.errno}")
    return bool(planted), f"planted: {planted}; refused: {' '.join(refused)}"


def twin(given):
    """A private home takes its own configuration."""
    return twins.work_on_a_file({"workdir": os.environ.get("HOME", given["workdir"])})


say.main("startup_files", attack, twin)
