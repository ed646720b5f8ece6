"""Phrases: one line of template each, turned into a pattern. ``{name}`` is a word, ``[...]`` may be left out."""

import re
from collections.abc import Callable
from dataclasses import dataclass

PIECES = re.compile(r"\[[^\]]*\]|\{[^}]*\}|[^\s\[\]{}]+")


@dataclass(frozen=True)
class Phrase:
    """A way to say something, and the method of the runner that does it."""

    template: str
    pattern: re.Pattern[str]
    does: Callable[..., None]
    is_expectation: bool


PHRASES: list[Phrase] = []


def phrase(*templates: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The decorated method is called with the words of the template, ``None`` for what was left out."""

    def register(method: Callable[..., None]) -> Callable[..., None]:
        for template in templates:
            expects = template.startswith("expect ")
            PHRASES.append(Phrase(template, re.compile(pattern_of(template)), method, expects))
        return method

    return register


def pattern_of(template: str) -> str:
    """The regular expression of a template: an option without a word in it is a flag named after its text."""
    parts = []
    for piece in PIECES.findall(template):
        if piece.startswith("["):
            inner = piece[1:-1]
            if "{" in inner:
                parts.append("(?:" + "".join(" " + word_of(word) for word in inner.split()) + ")?")
            else:
                parts.append(f"(?P<{inner.replace(' ', '_')}> {re.escape(inner)})?")
        else:
            parts.append(" " + word_of(piece))
    return "".join(parts)


def word_of(piece: str) -> str:
    if piece.startswith("{*"):
        return f"(?P<{piece[2:-1]}>.*)"
    if piece.startswith("{"):
        name, _, choices = piece[1:-1].partition(":")
        return f"(?P<{name}>{choices or '[^ ]+'})"
    return re.escape(piece)
