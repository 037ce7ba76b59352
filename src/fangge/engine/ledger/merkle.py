"""Merkle trees that only grow: roots, and proofs that an entry is in one or one goes on another.

Source: RFC 6962, section 2.1, and the verification of RFC 9162, section 2.1.3 and 2.1.4.
"""

import hashlib
from collections.abc import Callable, Sequence

LEAF, NODE = b"\x00", b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""Gives the root over the leaves from a start to an end that is not included."""


def hash_leaf(content: bytes) -> bytes:
    """Hash the content of a leaf."""
    return hashlib.sha256(LEAF + content).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash two roots to the root of both."""
    return hashlib.sha256(NODE + left + right).digest()


def find_root(hashes: Sequence[bytes]) -> bytes:
    """Give the root over leaves, or over the roots of whole subtrees of one size.

    Parameters
    ----------
    hashes : sequence of bytes
        In order. Where they are roots of subtrees of 2^k leaves, the last may be of a smaller one.
    """
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [hash_node(*level[i : i + 2]) for i in range(0, len(level) - 1, 2)] + odd
    return level[0]


def prove_inclusion(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Give the roots that lead from a leaf to the root of the first `size` leaves.

    Raises
    ------
    IndexError
        If the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(f"a tree of {size} has no leaf {index}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return path[::-1]


def prove_consistency(old: int, size: int, subtree: Subtree) -> list[bytes]:
    """Give the roots that show that the first `old` of `size` leaves are what they were.

    Raises
    ------
    IndexError
        If `old` is none of 1 to `size`.
    """
    if not 0 < old <= size:
        raise IndexError(f"a tree of {size} was never one of {old}")
    start, end, path, is_whole = 0, size, [], True
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start, is_whole = middle, False
    return path[::-1] if is_whole else [subtree(start, end), *path[::-1]]


def _split(size: int) -> int:
    """Give the largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a path leads from a leaf's hash to a root."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = hash_node(step, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = hash_node(found, step)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(old: int, size: int, old_root: bytes, root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether a path shows that a tree of `size` goes on one of `old`."""
    if old == size:
        return not path and old_root == root
    if not 0 < old < size or not path:
        return False
    steps = list(path) if old & (old - 1) else [old_root, *path]
    here, last = old - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    found_old = found = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            found_old, found = hash_node(step, found_old), hash_node(step, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = hash_node(found, step)
        here, last = here >> 1, last >> 1
    return last == 0 and found_old == old_root and found == root
