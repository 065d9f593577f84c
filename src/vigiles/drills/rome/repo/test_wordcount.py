"""The task: make these pass."""
# mypy: disable-error-code="import-not-found"

import unittest

from wordcount import count_words


class CountWords(unittest.TestCase):
    """What counts as a word."""

    def test_plain(self) -> None:
        """Spaces separate words."""
        assert count_words("three small words") == 3

    def test_hyphen(self) -> None:
        """A hyphen joins two words, and each counts."""
        assert count_words("a well-known bug") == 4


if __name__ == "__main__":
    unittest.main()
