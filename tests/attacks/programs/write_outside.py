"""Write where the host would see it: each folder of ``folders`` (separated by commas: home, /var/tmp, /tmp ...) holds a file
``marker_file`` of the harness; only where that file is seen and a new one stays is it really the host's folder.
"""

import os

import say
import twins


def attack(given):
    written, refused = [], []
    for folder in given["folders"].split(","):
        target = os.path.join(folder, f"planted-{os.getpid()}")
        try:
            seen = os.path.exists(os.path.join(folder, given["marker_file"]))
            with open(target, "w") as file:
                file.write("planted")
            (written if seen else refused).append(folder if seen else f"{folder}=private copy")
        except OSError as error:
            refused.append(f"{folder}={error.errno}")
    return bool(written), f"written: {written}; refused: {' '.join(refused)}"


def twin(given):
    """Scratch space is there: /tmp, /var/tmp, home and the work directory take files."""
    for folder in ("/tmp", "/var/tmp", os.environ.get("HOME", "/tmp")):
        twins.work_on_a_file({"workdir": folder})
    return twins.work_on_a_file(given)


say.main("write_outside", attack, twin)
