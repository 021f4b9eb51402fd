"""Small programs with one fault each: what repair may see, and what it may not.

`tests` are given to the search; `hidden` must hold of what it hands back.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Fault:
    """A faulty program, its tests, and assertions that are held back."""

    name: str
    program: str
    tests: str
    hidden: str


def made(name: str, program: str, tests: str, hidden: str) -> Fault:
    """Return a fault of indented texts."""
    return Fault(
        name, *(dedent(part).lstrip("\n") for part in (program, tests, hidden))
    )


FAULTS = [
    made(
        "wrong comparison",
        """
        def second_largest(xs):
            best = second = float('-inf')
            for x in xs:
                if x > best:
                    best, second = x, best
                elif x < second and x != best:
                    second = x
            return second
        """,
        """
        assert second_largest([1, 2, 3]) == 2
        assert second_largest([3, 2, 1]) == 2
        assert second_largest([5, 1, 4, 2]) == 4
        """,
        """
        assert second_largest([9, 1, 8, 8, 3]) == 8
        assert second_largest([2, 7, 1]) == 2
        """,
    ),
    made(
        "and for or",
        """
        def is_leap(year):
            return year % 4 == 0 and year % 100 != 0 and year % 400 == 0
        """,
        """
        assert is_leap(2000) == True
        assert is_leap(1900) == False
        assert is_leap(2024) == True
        assert is_leap(2023) == False
        """,
        """
        assert is_leap(1600) == True
        assert is_leap(2100) == False
        assert is_leap(1996) == True
        assert is_leap(1) == False
        """,
    ),
    made(
        "missing bookkeeping",
        """
        def unique(items):
            seen = set()
            result = []
            for item in items:
                if item not in seen:
                    result.append(item)
            return result
        """,
        """
        assert unique([1, 2, 1]) == [1, 2]
        assert unique([]) == []
        assert unique(['a', 'a', 'b', 'a']) == ['a', 'b']
        """,
        """
        assert unique([3, 3, 3, 2, 3, 1, 2]) == [3, 2, 1]
        """,
    ),
    made(
        "last group is lost",
        """
        def run_lengths(text):
            runs = []
            count = 0
            last = None
            for letter in text:
                if letter == last:
                    count += 1
                else:
                    if last is not None:
                        runs.append((last, count))
                    last = letter
                    count = 1
            return runs
        """,
        """
        assert run_lengths('aab') == [('a', 2), ('b', 1)]
        assert run_lengths('') == []
        assert run_lengths('xyyz') == [('x', 1), ('y', 2), ('z', 1)]
        """,
        """
        assert run_lengths('') == []
        assert run_lengths('q') == [('q', 1)]
        assert run_lengths('aabbbba') == [('a', 2), ('b', 4), ('a', 1)]
        """,
    ),
    made(
        "swapped bounds",
        """
        def clamp(x, low, high):
            return min(low, max(x, high))
        """,
        """
        assert clamp(5, 0, 10) == 5
        assert clamp(-5, 0, 10) == 0
        assert clamp(15, 0, 10) == 10
        """,
        """
        assert clamp(3, 4, 9) == 4
        assert clamp(8, 4, 9) == 8
        assert clamp(88, 4, 9) == 9
        """,
    ),
    made(
        "wrong index",
        """
        def transpose(rows):
            if not rows:
                return []
            return [[row[i] for row in rows] for i in range(len(rows))]
        """,
        """
        assert transpose([[1, 2, 3], [4, 5, 6]]) == [[1, 4], [2, 5], [3, 6]]
        assert transpose([]) == []
        assert transpose([[1], [2]]) == [[1, 2]]
        assert transpose([[1, 2], [3, 4]]) == [[1, 3], [2, 4]]
        """,
        """
        assert transpose([[1, 2, 3, 4]]) == [[1], [2], [3], [4]]
        assert transpose([[1], [2], [3]]) == [[1, 2, 3]]
        """,
    ),
    made(
        "wrong base case",
        """
        def fibonacci(n):
            if n <= 2:
                return n
            return fibonacci(n - 1) + fibonacci(n - 2)
        """,
        """
        assert fibonacci(1) == 1
        assert fibonacci(2) == 1
        assert fibonacci(3) == 2
        assert fibonacci(7) == 13
        assert fibonacci(0) == 0
        """,
        """
        assert [fibonacci(n) for n in range(10)] == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]
        """,
    ),
    made(
        "endless loop",
        """
        def digit_sum(n):
            total = 0
            while n > 0:
                total += n % 10
            return total
        """,
        """
        assert digit_sum(0) == 0
        assert digit_sum(7) == 7
        assert digit_sum(123) == 6
        assert digit_sum(999) == 27
        """,
        """
        assert digit_sum(10) == 1
        assert digit_sum(2048) == 14
        """,
    ),
    made(
        "missing guard",
        """
        def mean(xs):
            return sum(xs) / len(xs)
        """,
        """
        assert mean([1, 2, 3]) == 2
        assert mean([]) == 0
        assert mean([4]) == 4
        """,
        """
        assert mean([]) == 0
        assert mean([-1, -3]) == -2
        assert mean([0, 0]) == 0
        """,
    ),
    made(
        "None is not guarded",
        """
        class Cell:
            def __init__(self, value, below=None):
                self.value = value
                self.below = below

        def depth(cell):
            return 1 + depth(cell.below)
        """,
        """
        assert depth(None) == 0
        assert depth(Cell(1)) == 1
        assert depth(Cell(1, Cell(2, Cell(3)))) == 3
        """,
        """
        assert depth(Cell(0, Cell(0))) == 2
        """,
    ),
    made(
        "wrong attribute",
        """
        class Trade:
            def __init__(self, price, size):
                self.price = price
                self.size = size

        def vwap(trades):
            volume = sum(t.price for t in trades)
            return sum(t.price * t.size for t in trades) / volume
        """,
        """
        assert vwap([Trade(10, 1), Trade(20, 1)]) == 15
        assert vwap([Trade(10, 3)]) == 10
        """,
        """
        assert vwap([Trade(10, 3), Trade(20, 1)]) == 12.5
        """,
    ),
    made(
        "wrong order of operands",
        """
        def returns(prices):
            return [(a - b) / a for a, b in zip(prices, prices[1:])]
        """,
        """
        assert returns([1, 2]) == [1.0]
        assert returns([10, 5, 10]) == [-0.5, 1.0]
        assert returns([3]) == []
        """,
        """
        assert returns([4, 5]) == [0.25]
        assert returns([8, 8, 4]) == [0.0, -0.5]
        """,
    ),
    made(
        "unit",
        """
        def fee(notional, basis_points):
            return notional * basis_points / 100
        """,
        """
        assert fee(10000, 5) == 5.0
        assert fee(2000, 10) == 2.0
        """,
        """
        assert fee(500, 20) == 1.0
        """,
    ),
    made(
        "shared default",
        """
        def collect(xs, into=[]):
            for x in xs:
                into.append(x * 2)
            return into
        """,
        """
        assert collect([1]) + collect([2]) == [2, 4]
        assert collect([]) == []
        assert collect([3]) == [6]
        """,
        """
        assert collect([5]) == [10]
        assert collect([7]) == [14]
        """,
    ),
    made(
        "changes its argument",
        """
        def with_total(row):
            result = row
            result.append(sum(row))
            return result
        def twice(row):
            return with_total(row), with_total(row)
        """,
        """
        assert with_total([1, 2]) == [1, 2, 3]
        assert twice([1]) == ([1, 1], [1, 1])
        """,
        """
        assert twice([2, 3]) == ([2, 3, 5], [2, 3, 5])
        """,
    ),
    made(
        "return inside the loop",
        """
        def all_positive(xs):
            for x in xs:
                if x <= 0:
                    return False
                return True
        """,
        """
        assert all_positive([1, 2]) == True
        assert all_positive([1, -2]) == False
        assert all_positive([-1]) == False
        assert all_positive([]) == True
        """,
        """
        assert all_positive([3, 2, 0]) == False
        assert all_positive([3, 2, 9]) == True
        """,
    ),
    made(
        "not accumulated",
        """
        def balances(start, flows):
            result = []
            balance = start
            for flow in flows:
                balance = flow
                result.append(balance)
            return result
        """,
        """
        assert balances(10, [1, 2]) == [11, 13]
        assert balances(0, []) == []
        assert balances(5, [-5]) == [0]
        """,
        """
        assert balances(1, [1, 1, 1]) == [2, 3, 4]
        """,
    ),
    made(
        "maximum not kept",
        """
        def drawdown(equity):
            peak = equity[0]
            worst = 0.0
            for value in equity:
                peak = max(peak, value)
                worst = (peak - value) / peak
            return worst
        """,
        """
        assert drawdown([100, 50, 100]) == 0.5
        assert drawdown([100, 110]) == 0.0
        assert drawdown([100, 200, 100, 150]) == 0.5
        """,
        """
        assert drawdown([100, 75, 120, 60, 80]) == 0.5
        assert drawdown([10, 5, 8]) == 0.5
        """,
    ),
    made(
        "one statement too early",
        """
        def differences(xs):
            result = []
            last = 0
            for x in xs:
                last = x
                result.append(x - last)
            return result
        """,
        """
        assert differences([1, 3, 6]) == [1, 2, 3]
        assert differences([]) == []
        assert differences([5, 5]) == [5, 0]
        """,
        """
        assert differences([2, 9, 4]) == [2, 7, -5]
        """,
    ),
    made(
        "remainder is lost",
        """
        def chunks(xs, n):
            result = []
            for i in range(0, len(xs) - n, n):
                result.append(xs[i:i + n])
            return result
        """,
        """
        assert chunks([1, 2, 3, 4], 2) == [[1, 2], [3, 4]]
        assert chunks([1, 2, 3], 2) == [[1, 2], [3]]
        assert chunks([], 3) == []
        """,
        """
        assert chunks([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
        assert chunks([1], 5) == [[1]]
        """,
    ),
    made(
        "wrong method",
        """
        def squares_of(rows):
            result = []
            for row in rows:
                result.append([x * x for x in row])
            return result
        """,
        """
        assert squares_of([[1, 2], [3]]) == [1, 4, 9]
        assert squares_of([]) == []
        assert squares_of([[2], []]) == [4]
        """,
        """
        assert squares_of([[5, 6, 7], [1]]) == [25, 36, 49, 1]
        """,
    ),
    made(
        "letter case",
        """
        def same_letters(a, b):
            return sorted(a.lower()) == sorted(b)
        """,
        """
        assert same_letters('tea', 'eat') == True
        assert same_letters('Tea', 'Eat') == True
        assert same_letters('tea', 'tee') == False
        """,
        """
        assert same_letters('ab', 'BA') == True
        assert same_letters('AB', 'bc') == False
        """,
    ),
    made(
        "yields too much",
        """
        def countdown(n):
            while n >= 0:
                yield n
                n -= 1
        """,
        """
        assert list(countdown(3)) == [3, 2, 1]
        assert list(countdown(0)) == []
        assert list(countdown(1)) == [1]
        """,
        """
        assert list(countdown(5)) == [5, 4, 3, 2, 1]
        """,
    ),
    made(
        "missing else",
        """
        def sign(x):
            if x > 0:
                s = 1
            s = -1
            return s
        """,
        """
        assert sign(5) == 1
        assert sign(-5) == -1
        assert sign(1) == 1
        """,
        """
        assert sign(17) == 1
        assert sign(-2) == -1
        """,
    ),
    made(
        "missing key",
        """
        def tally(words):
            counts = {}
            for word in words:
                counts[word] = counts[word] + 1
            return counts
        """,
        """
        assert tally(['a', 'b', 'a']) == {'a': 2, 'b': 1}
        assert tally([]) == {}
        """,
        """
        assert tally(['x', 'x', 'x']) == {'x': 3}
        """,
    ),
    made(
        "two faults in one loop",
        """
        def below(xs, limit):
            count = 1
            for x in xs:
                if x > limit:
                    count += 1
            return count
        """,
        """
        assert below([1, 2, 3], 3) == 2
        assert below([], 3) == 0
        assert below([5, 6], 1) == 0
        assert below([0, 0, 9], 5) == 2
        """,
        """
        assert below([1, 2, 3, 4, 5], 4) == 3
        assert below([4], 4) == 0
        """,
    ),
    made(
        "two faults in two functions",
        """
        def area(width, height):
            return width + height
        def total_area(sizes):
            total = 0
            for width, height in sizes[1:]:
                total += area(width, height)
            return total
        """,
        """
        assert area(2, 3) == 6
        assert area(1, 1) == 1
        assert total_area([(2, 3), (1, 1)]) == 7
        assert total_area([]) == 0
        """,
        """
        assert total_area([(4, 5)]) == 20
        assert area(7, 3) == 21
        """,
    ),
    made(
        "wrong type",
        """
        def label(name, count):
            return name + ': ' + count
        """,
        """
        assert label('orders', 3) == 'orders: 3'
        assert label('fills', 0) == 'fills: 0'
        """,
        """
        assert label('x', 12) == 'x: 12'
        """,
    ),
    made(
        "window is too short",
        """
        def moving_sums(xs, n):
            return [sum(xs[i:i + n - 1]) for i in range(len(xs) - n + 1)]
        """,
        """
        assert moving_sums([1, 2, 3], 2) == [3, 5]
        assert moving_sums([1, 2, 3, 4], 1) == [1, 2, 3, 4]
        assert moving_sums([1], 2) == []
        """,
        """
        assert moving_sums([1, 2, 3, 4, 5], 3) == [6, 9, 12]
        """,
    ),
    made(
        "recursion on the wrong part",
        """
        def tree_sum(tree):
            if isinstance(tree, int):
                return tree
            left, right = tree
            return tree_sum(left) + tree_sum(left)
        """,
        """
        assert tree_sum(3) == 3
        assert tree_sum((1, 2)) == 3
        assert tree_sum(((1, 2), (3, 4))) == 10
        """,
        """
        assert tree_sum((5, (6, 7))) == 18
        """,
    ),
]
