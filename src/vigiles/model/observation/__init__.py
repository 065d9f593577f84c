"""What the world saw: one observation type per file, all made outside the agent's reach.

Each carries an :class:`~vigiles.model.attribution.Attribution`; ``sensor`` names who saw it.
"""
