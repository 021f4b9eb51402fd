"""Judges many inputs with few trips to the worker.

To judge an input is to call the candidate, to look at what it answers, and perhaps to
call it again. A trip to the worker costs more than most calls do, so several inputs are
begun side by side: each until it asks for an answer that is not there yet. What they ask
for is called in one trip, and they begin again. Every call that would be made one by one
is made, none twice and none for two inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from architect.gate.contract.failure import Broken

Given = TypeVar("Given")
Found = TypeVar("Found")
Answer = TypeVar("Answer")
# A module of the worker and what it is called with, as the worker takes it.
Call = tuple[str, str]

# Few at first: where a candidate is wrong, the first inputs mostly show it.
FIRST, TIMES, MOST = 2, 4, 64
# So often an input begins again; what it still asks for then is called one by one.
ROUNDS = 5


class Missing(BaseException):
    """An answer without which the input cannot be judged."""


class Ahead(Generic[Answer]):
    """The answers of a few inputs, as far as they are there.

    `together` makes calls in one trip and may end early; `alone` makes one.
    """

    def __init__(
        self,
        together: Callable[[Sequence[Call]], Sequence[Answer]],
        alone: Callable[[Call], Answer],
    ) -> None:
        self._together, self._alone = together, alone
        self._there: dict[tuple[int, Call, int], Answer] = {}
        self._wanted: list[tuple[int, Call, int]] = []
        self._asked: Counter[Call] = Counter()
        self._input, self._waits = 0, True

    def answer(self, call: Call) -> Answer:
        """Return what the candidate answers to this input's next such call."""
        # The same call again may be answered otherwise: that is for the claim to see.
        key = self._input, call, self._asked[call]
        self._asked[call] += 1
        if key in self._there:
            return self._there[key]
        if not self._waits:
            return self._alone(call)
        self._wanted.append(key)
        raise Missing

    def judge(
        self, judge: Callable[[Given], Found], inputs: Sequence[Given]
    ) -> Iterator[Found]:
        """Yield what each input comes to, in order; what it raises rises in its place."""
        done: dict[int, Found | Exception | Broken] = {}
        for _ in range(ROUNDS):
            for i in range(len(inputs)):
                if i not in done:
                    self._begin(i, judge, inputs[i], done)
            if not self._fetched():
                break
        self._waits = False
        for i, one in enumerate(inputs):
            if i not in done:
                self._begin(i, judge, one, done)
            found = done[i]
            if isinstance(found, (Exception, Broken)):
                raise found
            yield found

    def _begin(
        self,
        number: int,
        judge: Callable[[Given], Found],
        given: Given,
        done: dict[int, Found | Exception | Broken],
    ) -> None:
        self._input = number
        self._asked.clear()
        try:
            done[number] = judge(given)
        except Missing:
            pass
        except (Exception, Broken) as error:
            done[number] = error

    def _fetched(self) -> bool:
        """Call what is wanted; False when there is nothing, or not all was answered."""
        wanted, self._wanted = self._wanted, []
        answers = self._together([call for _, call, _ in wanted])
        self._there.update(zip(wanted, answers, strict=False))
        return 0 < len(wanted) == len(answers)


def stretches(inputs: Sequence[Given]) -> Iterator[Sequence[Given]]:
    """Yield the inputs in parts, the later the longer."""
    start, count = 0, FIRST
    while start < len(inputs):
        yield inputs[start : start + count]
        start, count = start + count, min(count * TIMES, MOST)
