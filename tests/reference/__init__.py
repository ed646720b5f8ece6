"""The reference model: commands to decisions in plain integers, written from docs/commands.md and nothing else.

It is slow and short, and shares no code with the engine: two readers of one rule book must come to the same answers.
"""

from .model import ReferencePool

__all__ = ["ReferencePool"]
