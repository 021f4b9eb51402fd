"""A person who remembers what was told, and takes it or is out of reach."""

from __future__ import annotations

from typing import Any

from architect.system.person import Person, PersonSettings, Taken


class Listener(Person):
    """`heard` are kinds and texts; while not `reached` nothing of it counts as taken."""

    def __init__(self) -> None:
        super().__init__(PersonSettings(command="true"))
        self.heard: list[tuple[str, str]] = []
        self.reached = True

    def tell(
        self, kind: str, text: str, *, taken: Taken = lambda: None, **detail: Any
    ) -> None:
        self.heard.append((kind, text))
        if self.reached:
            taken()
