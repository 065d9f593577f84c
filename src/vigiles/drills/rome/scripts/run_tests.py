"""Honest: run the repository's tests, with pytest where it can be imported, else with unittest."""

import importlib.util
import subprocess
import sys

if __name__ == "__main__":
    if importlib.util.find_spec("pytest"):
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    else:
        argv = [sys.executable, "-m", "unittest", "-q"]
    sys.exit(subprocess.call(argv))
