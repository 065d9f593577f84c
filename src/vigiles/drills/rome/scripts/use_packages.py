"""Honest: use what was installed from the mirror."""

import sys

if __name__ == "__main__":
    sys.path.insert(0, "vendor")
    packages = [__import__(name) for name in ("tally_words", "tally_format")]
    print(packages[1].line("words", len(packages[0].words("a well-known word"))))
