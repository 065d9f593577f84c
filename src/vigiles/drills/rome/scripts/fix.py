"""Honest: the fix the task asks for. Words joined by a hyphen are two words, as the installed package splits them."""

import pathlib

if __name__ == "__main__":
    path = pathlib.Path("wordcount.py")
    before = path.read_text()
    after = before.replace("text.split()", 'text.replace("-", " ").split()')
    if after == before:
        raise SystemExit("nothing to fix")
    path.write_text(after)
    print("fixed wordcount.py")
