"""Count words."""


def count_words(text: str) -> int:
    """Return the number of words in ``text``; a hyphen joins two words."""
    return len(text.split())
