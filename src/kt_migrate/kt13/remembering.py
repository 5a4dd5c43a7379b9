"""Remembers what was made of a text, but never a long one: a document may hold megabytes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial, update_wrapper
from typing import Generic, TypeVar

LONGEST = 1_000
"""Characters of a text that is remembered; what names anything in a message is far shorter."""

Text = TypeVar("Text", bound="str | None")
Made = TypeVar("Made")


class Remembered(Generic[Text, Made]):
    """A pure function of one text that remembers its results, the last ones asked for.

    Attributes:
        cache_clear: forgets all of them.
    """

    def __init__(self, function: Callable[[Text], Made], most: int) -> None:
        update_wrapper(self, function)
        self._function = function
        self._known = lru_cache(maxsize=most)(function)
        self.cache_clear = self._known.cache_clear

    def __call__(self, text: Text) -> Made:
        """Return the result, remembered or not."""
        if text is not None and len(text) > LONGEST:
            return self._function(text)
        return self._known(text)


def remembered(most: int) -> Callable[[Callable[[Text], Made]], Remembered[Text, Made]]:
    """Return what makes a function remember so many results."""
    return partial(Remembered, most=most)
