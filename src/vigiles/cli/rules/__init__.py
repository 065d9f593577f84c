"""Profiles and their rules, before anything runs under them.

- **Check** says every mistake in a profile, with its line. **Explain** says what it would answer, and by which lines.
- **Suggest** writes a profile from what observed runs did, and says what it left out.

What flows where: a folder of rules is loaded and judged here as at the gate, but nothing is performed and nothing recorded.
"""
