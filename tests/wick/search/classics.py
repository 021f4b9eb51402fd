"""More programs with one fault each, after textbooks: none is in any benchmark of repair."""

from __future__ import annotations

from faults import made

CLASSICS = [
    made(
        "luhn: every second digit from the wrong end",
        """
        def luhn(digits):
            total = 0
            for place, digit in enumerate(reversed(digits)):
                if place % 2 == 0:
                    digit *= 2
                    if digit > 9:
                        digit -= 9
                total += digit
            return total % 10 == 0
        """,
        """
        assert luhn([7, 9, 9, 2, 7, 3, 9, 8, 7, 1, 3]) == True
        assert luhn([7, 9, 9, 2, 7, 3, 9, 8, 7, 1, 0]) == False
        assert luhn([1, 8]) == True
        assert luhn([8, 1]) == False
        """,
        """
        assert luhn([4, 5, 3, 9, 1, 4, 8, 8, 0, 3, 4, 3, 6, 4, 6, 7]) == True
        assert luhn([2, 6]) == True
        assert luhn([6, 2]) == False
        """,
    ),
    made(
        "sieve: squares are never struck out",
        """
        def primes(n):
            is_prime = [True] * (n + 1)
            found = []
            for p in range(2, n + 1):
                if is_prime[p]:
                    found.append(p)
                    for multiple in range(p * p + 1, n + 1, p):
                        is_prime[multiple] = False
            return found
        """,
        """
        assert primes(10) == [2, 3, 5, 7]
        assert primes(1) == []
        assert primes(2) == [2]
        assert primes(30) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
        """,
        """
        assert primes(50)[-4:] == [37, 41, 43, 47]
        assert primes(49)[-1] == 47
        """,
    ),
    made(
        "roman numerals: the smaller before the larger is added",
        """
        def roman(text):
            values = {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100}
            total = 0
            for at, letter in enumerate(text):
                value = values[letter]
                if at + 1 < len(text) and values[text[at + 1]] > value:
                    total += value
                else:
                    total += value
            return total
        """,
        """
        assert roman('IV') == 4
        assert roman('VI') == 6
        assert roman('XC') == 90
        assert roman('XIV') == 14
        """,
        """
        assert roman('XLIX') == 49
        assert roman('LXXX') == 80
        assert roman('CXCIX') == 199
        """,
    ),
    made(
        "merged intervals: the longer end is lost",
        """
        def merged(intervals):
            found = []
            for start, end in sorted(intervals):
                if found and start <= found[-1][1]:
                    found[-1] = (found[-1][0], end)
                else:
                    found.append((start, end))
            return found
        """,
        """
        assert merged([(1, 3), (2, 6)]) == [(1, 6)]
        assert merged([(1, 9), (2, 3)]) == [(1, 9)]
        assert merged([(5, 6), (1, 2)]) == [(1, 2), (5, 6)]
        """,
        """
        assert merged([(0, 7), (1, 2), (6, 8)]) == [(0, 8)]
        assert merged([]) == []
        """,
    ),
    made(
        "transposed matrix: rows and columns mixed up",
        """
        def transposed(rows):
            if not rows:
                return []
            return [[row[at] for row in rows] for at in range(len(rows))]
        """,
        """
        assert transposed([[1, 2, 3], [4, 5, 6]]) == [[1, 4], [2, 5], [3, 6]]
        assert transposed([]) == []
        assert transposed([[1], [2]]) == [[1, 2]]
        """,
        """
        assert transposed([[1, 2, 3, 4]]) == [[1], [2], [3], [4]]
        """,
    ),
    made(
        "moving average: the window is one too short",
        """
        def averages(xs, n):
            return [sum(xs[at - n + 1 : at]) / n for at in range(n - 1, len(xs))]
        """,
        """
        assert averages([1, 2, 3, 4], 2) == [1.5, 2.5, 3.5]
        assert averages([2, 4], 1) == [2.0, 4.0]
        assert averages([3, 3, 3], 3) == [3.0]
        """,
        """
        assert averages([4, 8, 0, 4, 8], 4) == [4.0, 5.0]
        assert averages([1], 2) == []
        """,
    ),
    made(
        "two sum: a number is used twice",
        """
        def two_sum(xs, goal):
            for i in range(len(xs)):
                for j in range(i, len(xs)):
                    if xs[i] + xs[j] == goal:
                        return (i, j)
            return None
        """,
        """
        assert two_sum([3, 2, 4], 6) == (1, 2)
        assert two_sum([3, 3], 6) == (0, 1)
        assert two_sum([1, 5], 7) == None
        """,
        """
        assert two_sum([4, 1, 7], 8) == (1, 2)
        assert two_sum([4], 8) == None
        """,
    ),
    made(
        "insertion sort: never ends its inner loop at the front",
        """
        def inserted(xs):
            xs = list(xs)
            for at in range(1, len(xs)):
                item, to = xs[at], at
                while xs[to - 1] > item:
                    xs[to] = xs[to - 1]
                    to -= 1
                xs[to] = item
            return xs
        """,
        """
        assert inserted([2, 1]) == [1, 2]
        assert inserted([3, 1, 2]) == [1, 2, 3]
        assert inserted([]) == []
        assert inserted([1, 5, 4]) == [1, 4, 5]
        """,
        """
        assert inserted([9, 8, 7, 1]) == [1, 7, 8, 9]
        assert inserted([1, 1, 0]) == [0, 1, 1]
        """,
    ),
    made(
        "run-length decoding: the count is a text",
        """
        def decoded(text):
            found = ''
            for at in range(0, len(text), 2):
                found += text[at] * text[at + 1]
            return found
        """,
        """
        assert decoded('a3b1') == 'aaab'
        assert decoded('') == ''
        assert decoded('x2') == 'xx'
        """,
        """
        assert decoded('q1r4') == 'qrrrr'
        """,
    ),
    made(
        "compound interest: percent taken for a fraction",
        """
        def compound(amount, percent, years):
            for _ in range(years):
                amount = amount * (1 + percent)
            return round(amount, 6)
        """,
        """
        assert compound(100.0, 10.0, 1) == 110.0
        assert compound(100.0, 10.0, 2) == 121.0
        assert compound(50.0, 0.0, 5) == 50.0
        """,
        """
        assert compound(200.0, 50.0, 2) == 450.0
        """,
    ),
    made(
        "horner: coefficients taken in the wrong order",
        """
        def polynomial(coefficients, x):
            total = 0
            for c in coefficients:
                total = total + x * c
            return total
        """,
        """
        assert polynomial([1, 2, 3], 2) == 11
        assert polynomial([4], 9) == 4
        assert polynomial([1, 0], 5) == 5
        """,
        """
        assert polynomial([2, 0, 0], 3) == 18
        assert polynomial([], 3) == 0
        """,
    ),
]

# 26 stands neither in the program nor in what is said of it: nothing is made of it.
BEYOND = made(
    "caesar: letters past the end leave the alphabet",
    """
    def caesar(text, by):
        found = ''
        for letter in text:
            if letter.isalpha():
                found += chr((ord(letter) - 97 + by) + 97)
            else:
                found += letter
        return found
    """,
    """
    assert caesar('abc', 1) == 'bcd'
    assert caesar('xyz', 3) == 'abc'
    assert caesar('a b', 26) == 'a b'
    """,
    """
    assert caesar('zebra!', 5) == 'ejgwf!'
    assert caesar('abc', 27) == 'bcd'
    """,
)
