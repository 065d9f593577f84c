"""What Inspect finds of Vigiles by its entry point: the task and the provider of scripted agents."""

from vigiles.integrations.inspect.provider import scripted
from vigiles.integrations.inspect.task import misalignment

__all__ = ["misalignment", "scripted"]
