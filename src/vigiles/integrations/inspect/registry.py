"""What Inspect finds of Vigiles by its entry point: the tasks and the provider of scripted agents."""

from vigiles.integrations.inspect.provider import scripted
from vigiles.integrations.inspect.task import misalignment, ported

__all__ = ["misalignment", "ported", "scripted"]
