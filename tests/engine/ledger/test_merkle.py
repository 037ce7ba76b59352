"""Roots and proofs against the definition in RFC 6962, and ledgers that were tampered with."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.ledger.chain import (
    Entry,
    Head,
    Walk,
    find_fault,
    is_signed,
    public_key,
    sign_head,
    write_content,
)
from fangge.engine.ledger.merkle import (
    find_root,
    hash_leaf,
    hash_node,
    is_consistent,
    is_included,
    prove_consistency,
    prove_inclusion,
)

SEED = bytes(range(32))
LEAVES = [hash_leaf(str(i).encode()) for i in range(70)]


def define_root(leaves: Sequence[bytes]) -> bytes:
    """Give the root as the RFC defines it."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hash_node(define_root(leaves[:k]), define_root(leaves[k:]))


def subtree(start: int, end: int) -> bytes:
    return find_root(LEAVES[start:end])


def test_the_test_vectors_of_the_rfc_hold() -> None:
    first = hash_leaf(b"")
    assert first.hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    leaves = [hash_leaf(bytes.fromhex(text)) for text in inputs]
    assert find_root(leaves[:3]).hex() == (
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    )


@pytest.mark.parametrize("size", range(1, 70))
def test_roots_are_those_of_the_definition_however_they_are_found(size: int) -> None:
    walk = Walk()
    for leaf in LEAVES[:size]:
        walk.add(leaf)
    tiles = [find_root(LEAVES[i : min(i + 8, size)]) for i in range(0, size, 8)]
    assert define_root(LEAVES[:size]) == find_root(LEAVES[:size]) == walk.root == find_root(tiles)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_proof_of_inclusion_holds_for_its_leaf_alone(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, 69))
    path, root = prove_inclusion(index, size, subtree), find_root(LEAVES[:size])
    assert is_included(LEAVES[index], index, size, path, root)
    assert is_included(LEAVES[other], index, size, path, root) == (other == index)
    assert not is_included(LEAVES[index], index, size, [*path, root], root)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_proof_of_consistency_holds_for_its_trees_alone(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    old = data.draw(st.integers(1, size))
    path = prove_consistency(old, size, subtree)
    roots = find_root(LEAVES[:old]), find_root(LEAVES[:size])
    assert is_consistent(old, size, *roots, path)
    assert not is_consistent(old, size, hash_leaf(b"x"), roots[1], path)
    assert not is_consistent(old, size, roots[0], hash_leaf(b"x"), path)


def test_what_no_tree_has_is_refused() -> None:
    with pytest.raises(IndexError):
        prove_inclusion(3, 3, subtree)
    with pytest.raises(IndexError):
        prove_consistency(0, 3, subtree)


def keep(contents: Sequence[str]) -> tuple[list[Entry], list[tuple[Head, bytes]]]:
    """Keep a ledger with a signed head behind every fourth entry."""
    walk, entries, heads = Walk(), [], []
    for place, said in enumerate(contents):
        content = {"place": place, "said": said}
        leaf = hash_leaf(write_content(content))
        walk.add(leaf)
        entries.append(Entry(place, content, leaf, walk.link))
        if walk.size % 4 == 0:
            head = Head(walk.size, walk.root, walk.link, "2026-11-23T04:00:00Z")
            heads.append((head, sign_head(head, SEED)))
    return entries, heads


ENTRIES, HEADS = keep([f"entry {i}" for i in range(12)])
KEY = public_key(SEED)


def rewrite(place: int) -> list[Entry]:
    """Do what somebody does who can write everything but the heads kept elsewhere."""
    said = [f"entry {i}" for i in range(12)]
    said[place] = "nothing"
    return keep(said)[0]


@pytest.mark.parametrize(
    ("entries", "kind", "place"),
    [
        (
            [*ENTRIES[:5], replace(ENTRIES[5], content={"place": 5, "said": "no"}), *ENTRIES[6:]],
            "changed",
            5,
        ),
        ([*ENTRIES[:5], *ENTRIES[6:]], "removed", 5),
        ([*ENTRIES[:6], *ENTRIES[5:]], "inserted", 5),
        (ENTRIES[:10], "cut_off", 10),
        (rewrite(6), "rewritten", 4),
    ],
)
def test_the_first_entry_that_was_tampered_with_is_named(
    entries: list[Entry], kind: str, place: int
) -> None:
    fault = find_fault(entries, HEADS, KEY)
    assert fault is not None
    assert (fault.kind, fault.place) == (kind, place)


def test_a_whole_ledger_has_no_fault_and_a_foreign_signature_is_one() -> None:
    assert find_fault(ENTRIES, HEADS, KEY) is None
    head, signature = HEADS[0]
    assert is_signed(head, signature, KEY)
    fault = find_fault(ENTRIES, [(head, bytes(64))], KEY)
    assert fault is not None
    assert fault.kind == "unsigned"
