"""Whether two answers together tell of a few people: what one covers and the other does not.

A sketch says of a set of people no more than is needed to compare it: each person falls into one of
1,024 places by a keyed hash, and what falls into a place is joined by exclusive or. Two sets differ
by at least as many people as there are places in which their sketches differ.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

PLACES = 1024
Sketch = NDArray[np.uint64]


def sketch_of(ids: Iterable[int], *, key: bytes) -> Sketch:
    """Sketch a set of people by their numbers; the same set and key give the same sketch."""
    hashes = _mix(np.fromiter(ids, dtype=np.uint64), key)
    places = (hashes >> np.uint64(54)).astype(np.intp)
    sketch: Sketch = np.zeros(PLACES, dtype=np.uint64)
    np.bitwise_xor.at(sketch, places, hashes)
    return sketch


def _mix(ids: NDArray[Any], key: bytes) -> Sketch:
    """Hash numbers with a key, so that nearby ones land far apart.

    Source: Steele, Lea and Flood 2014, SplitMix, OOPSLA.
    """
    first, second = (np.uint64(int.from_bytes(key[at : at + 8], "big")) for at in (0, 8))
    mixed = ids ^ first
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed = (mixed ^ (mixed >> np.uint64(31))) + second
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
    result: Sketch = mixed ^ (mixed >> np.uint64(32))
    return result


def count_differing(one: Sketch, other: Sketch) -> int:
    """Give by how many people two sets differ at least; nought where they are the same."""
    return int(np.count_nonzero(one != other))


def tells_of_few(one: Sketch, other: Sketch, *, least: int) -> bool:
    """Tell whether two sets differ, and perhaps by fewer people than may be told of."""
    return 0 < count_differing(one, other) < least


def leaves_few(n_covered: int, n_public: int, *, least: int) -> bool:
    """Tell whether what a public total holds beyond an answer is a few people."""
    return 0 < n_public - n_covered < least
