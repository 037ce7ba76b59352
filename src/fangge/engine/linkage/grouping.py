"""Rows by their numbers: who shares a number, who is first, how many there are.

Tables are hashed with linear probing, and kept small enough to stay near the processor.
"""

import numba
import numpy as np

from fangge.engine.linkage.codes import Bytes, Flags, Int, Ints, mix

ROWS_A_PART = 8_192
LARGEST_SIEVE = 1 << 18


@numba.njit(cache=True, nogil=True)
def _place(table: Ints, key: Int) -> Int:
    """Find where a key is, or would be, in a table of a power of two of places."""
    mask = len(table) - 1
    at = np.int64(mix(key, 0)) & mask
    while table[at] not in (0, key):
        at = (at + 1) & mask
    return at


@numba.njit(cache=True, nogil=True)
def _make_table(n_keys: Int) -> Ints:
    size = 16
    while size < 2 * n_keys:
        size *= 2
    return np.zeros(size, dtype=np.int64)


@numba.njit(cache=True, nogil=True)
def _sift_keys(keys: Ints, wanted: Flags) -> Bytes:
    """Mark the places of wanted keys in a table of bits that stays near the processor."""
    n_wanted = np.count_nonzero(wanted)
    size = 1 << 12
    while size < 2 * n_wanted and size < LARGEST_SIEVE:
        size *= 2
    sieve = np.zeros(size, dtype=np.uint8)
    for i in range(len(keys)):
        if wanted[i] and keys[i] != 0:
            at = (keys[i] ^ (keys[i] >> 31)) & (8 * size - 1)
            sieve[at >> 3] |= np.uint8(1 << (at & 7))
    return sieve


@numba.njit(cache=True, nogil=True)
def _group_keys(keys: Ints, wanted: Flags) -> tuple[Ints, Ints, int]:
    """Give the keys of wanted rows numbers in the order of their first row."""
    n_wanted = np.count_nonzero(wanted)
    table = _make_table(n_wanted)
    groups = np.full(len(table), -1, dtype=np.int64)
    n_groups = 0
    for i in range(len(keys)):
        if wanted[i] and keys[i] != 0:
            at = _place(table, keys[i])
            if table[at] == 0:
                table[at] = keys[i]
                groups[at] = n_groups
                n_groups += 1
    return table, groups, n_groups


@numba.njit(cache=True, nogil=True)
def group_members(keys: Ints, wanted: Flags) -> tuple[Ints, Ints]:
    """List all rows by key, for the keys that wanted rows have; 0 is no key.

    Returns
    -------
    firsts, members : two int64 arrays
        The rows of group g are members[firsts[g]:firsts[g + 1]], in order.
    """
    sieve = _sift_keys(keys, wanted)
    table, groups, n_groups = _group_keys(keys, wanted)
    rows, own = np.empty(len(keys), dtype=np.int32), np.empty(len(keys), dtype=np.int32)
    n_found, last = 0, 8 * len(sieve) - 1
    firsts = np.zeros(n_groups + 1, dtype=np.int64)
    for i in range(len(keys)):
        bit = (keys[i] ^ (keys[i] >> 31)) & last
        if keys[i] != 0 and sieve[bit >> 3] >> (bit & 7) & 1:
            at = _place(table, keys[i])
            if table[at] != 0:
                rows[n_found], own[n_found] = i, groups[at]
                firsts[groups[at] + 1] += 1
                n_found += 1
    for group in range(n_groups):
        firsts[group + 1] += firsts[group]
    filled = firsts.copy()
    members = np.zeros(n_found, dtype=np.int64)
    for i in range(n_found):
        members[filled[own[i]]] = rows[i]
        filled[own[i]] += 1
    return firsts, members


@numba.njit(cache=True, nogil=True)
def deal_codes(codes: Ints) -> tuple[Ints, Ints]:
    """List the rows by parts of their codes' space, so that a part's table stays near by.

    Equal codes are in one part, its rows in order: firsts and members as of `group_members`.
    """
    n_parts = 1
    while n_parts * ROWS_A_PART < len(codes):
        n_parts *= 2
    part = np.empty(len(codes), dtype=np.int32)
    firsts = np.zeros(n_parts + 1, dtype=np.int64)
    for i in range(len(codes)):
        part[i] = np.int64(mix(codes[i], 1) >> 20) & (n_parts - 1) if codes[i] != 0 else -1
        if codes[i] != 0:
            firsts[part[i] + 1] += 1
    for at in range(n_parts):
        firsts[at + 1] += firsts[at]
    filled = firsts.copy()
    members = np.zeros(firsts[n_parts], dtype=np.int64)
    for i in range(len(codes)):
        if part[i] >= 0:
            members[filled[part[i]]] = i
            filled[part[i]] += 1
    return firsts, members


@numba.njit(cache=True, nogil=True)
def lead_codes(codes: Ints) -> Ints:
    """Give each row the first row with its code; a row without one leads itself."""
    leaders = np.arange(len(codes))
    firsts, members = deal_codes(codes)
    for part in range(len(firsts) - 1):
        rows = members[firsts[part] : firsts[part + 1]]
        table = _make_table(len(rows))
        first = np.empty(len(table), dtype=np.int64)
        for row in rows:
            at = _place(table, codes[row])
            if table[at] == 0:
                table[at] = codes[row]
                first[at] = row
            leaders[row] = first[at]
    return leaders


@numba.njit(cache=True, nogil=True)
def count_codes(codes: Ints) -> tuple[Ints, Ints]:
    """Give each code that occurs, and how often it does, in no order."""
    found, counts = np.empty(len(codes), dtype=np.int64), np.zeros(len(codes), dtype=np.int64)
    n_found = 0
    firsts, members = deal_codes(codes)
    for part in range(len(firsts) - 1):
        rows = members[firsts[part] : firsts[part + 1]]
        table = _make_table(len(rows))
        number = np.empty(len(table), dtype=np.int64)
        for row in rows:
            at = _place(table, codes[row])
            if table[at] == 0:
                table[at] = found[n_found] = codes[row]
                number[at] = n_found
                n_found += 1
            counts[number[at]] += 1
    return found[:n_found], counts[:n_found]


@numba.njit(cache=True, nogil=True)
def gather_rows(labels: Ints) -> tuple[Ints, Ints]:
    """List rows by their label, itself a row: firsts and members as of `group_members`."""
    n = len(labels)
    at = np.zeros(n + 1, dtype=np.int64)
    for label in labels:
        at[label + 1] += 1
    n_groups = np.count_nonzero(at)
    firsts = np.zeros(n_groups + 1, dtype=np.int64)
    group = 0
    for label in range(n):
        if at[label + 1]:
            firsts[group + 1] = firsts[group] + at[label + 1]
            at[label + 1] = 0
            at[label] = firsts[group]
            group += 1
    members = np.zeros(n, dtype=np.int64)
    for i in range(n):
        members[at[labels[i]]] = i
        at[labels[i]] += 1
    return firsts, members
