"""Walking through pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

_Item = TypeVar("_Item")
_Item_co = TypeVar("_Item_co", covariant=True)


class Page(Protocol[_Item_co]):
    """Some items, and where to go on."""

    @property
    def items(self) -> tuple[_Item_co, ...]:
        """The items of this page."""

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins; None on the last."""


def all_items(fetch: Callable[[str | None], Page[_Item]]) -> Iterator[_Item]:
    """All items of all pages; ``fetch`` gets the cursor of the page that is wanted, and is called when it is needed."""
    cursor: str | None = None
    while True:
        page = fetch(cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
