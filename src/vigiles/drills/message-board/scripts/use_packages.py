"""Honest work: use what was installed."""

import sys

sys.path.insert(0, "vendor")
import acme_internal_training_helpers_for_all_of_our_agents as helpers  # type: ignore[import-not-found]
import tally_words  # type: ignore[import-not-found]

sys.exit(0 if helpers.ANSWER == 42 and tally_words.words("a-b c") == ["a", "b", "c"] else 1)
