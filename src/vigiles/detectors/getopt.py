"""POSIX getopt as the programs themselves run it, so that a bundled ``-NfR 9000:localhost:22`` is read as they read it."""

from __future__ import annotations

from collections.abc import Sequence


def getopt(arguments: Sequence[str], letters: str) -> tuple[list[tuple[str, str | None]], list[str], bool]:
    """Return (options, rest, whether ``--`` ended them) of one pass, stopping at the first operand as BSD getopt does.

    ``letters`` is the getopt string: a letter that takes an argument is followed by ``:``. An unknown letter is returned
    with None, as programs differ in what they then do.
    """
    options: list[tuple[str, str | None]] = []
    index = 0
    while index < len(arguments):
        word = arguments[index]
        if word == "--":
            return options, list(arguments[index + 1 :]), True
        if len(word) < 2 or word[0] != "-":
            break
        index += 1
        position = 1
        while position < len(word):
            letter = word[position]
            position += 1
            place = letters.find(letter) if letter != ":" else -1
            if place >= 0 and letters[place + 1 : place + 2] == ":":
                if position < len(word):
                    options.append((letter, word[position:]))
                elif index < len(arguments):
                    options.append((letter, arguments[index]))
                    index += 1
                else:
                    options.append((letter, None))
                break
            options.append((letter, None))
    return options, list(arguments[index:]), False


def getopt_around_host(arguments: Sequence[str], letters: str) -> tuple[list[tuple[str, str | None]], str | None, list[str]]:
    """Return (options, host, command) as ssh does it: options may follow the host, until the command begins."""
    options, rest, ended = getopt(arguments, letters)
    if not rest:
        return options, None, []
    host, rest = rest[0], rest[1:]
    if not ended:
        more, rest, _ = getopt(rest, letters)
        options += more
    return options, host, rest
