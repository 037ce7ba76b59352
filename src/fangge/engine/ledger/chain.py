"""The chain of a ledger's entries, its signed heads, and where either was tampered with."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fangge.engine.ledger.merkle import EMPTY_ROOT, hash_leaf, hash_node

FIRST_LINK = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as a ledger holds it: its place from 0, what it says, and its two hashes."""

    place: int
    content: Mapping[str, object]
    leaf: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """What the keeper signs: how many entries there are, and what they hash to."""

    size: int
    root: bytes
    link: bytes
    at: str

    def as_bytes(self) -> bytes:
        """Write what is signed."""
        told = {"at": self.at, "link": self.link.hex(), "root": self.root.hex(), "size": self.size}
        return b"fangge-head-1\n" + write_content(told)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a ledger, and at which place it begins."""

    place: int
    kind: str  # changed, removed, inserted, cut_off, rewritten or unsigned
    told: str


@dataclass(slots=True)
class Walk:
    """Goes through entries in order and remembers what a tree over them needs: log2(n) roots."""

    size: int = 0
    link: bytes = FIRST_LINK
    _roots: list[tuple[int, bytes]] = field(default_factory=list)  # size of the subtree, root

    def add(self, leaf: bytes) -> None:
        """Take the next leaf."""
        self.size += 1
        self.link = join_link(self.link, leaf)
        size, root = 1, leaf
        while self._roots and self._roots[-1][0] == size:
            root = hash_node(self._roots.pop()[1], root)
            size *= 2
        self._roots.append((size, root))

    @property
    def root(self) -> bytes:
        """The root over what was taken so far."""
        if not self._roots:
            return EMPTY_ROOT
        found = self._roots[-1][1]
        for _, root in self._roots[-2::-1]:
            found = hash_node(root, found)
        return found


def write_content(content: Mapping[str, object]) -> bytes:
    """Write an entry's content in the one way that is hashed: sorted keys, no blanks, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def join_link(link: bytes, leaf: bytes) -> bytes:
    """Give the link of an entry from the link before it and its own leaf."""
    return hashlib.sha256(link + leaf).digest()


def sign_head(head: Head, seed: bytes) -> bytes:
    """Sign a head with a private key of 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(head.as_bytes())


def public_key(seed: bytes) -> bytes:
    """Give the public key of a private one."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def is_signed(head: Head, signature: bytes, key: bytes) -> bool:
    """Tell whether a head bears a signature by this public key."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, head.as_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True


def find_fault(
    entries: Iterable[Entry], heads: Iterable[tuple[Head, bytes]], key: bytes
) -> Fault | None:
    """Find the first entry that was changed, removed or inserted; None where all is whole.

    Parameters
    ----------
    entries : iterable of Entry
        In the order in which they stand.
    heads : iterable of (Head, signature)
        All that are known, those kept elsewhere included: without one, whoever can write the
        ledger can write it anew from any entry on.
    key : bytes
        The keeper's public key.

    Notes
    -----
    One pass: time O(n), memory O(log n + heads).
    """
    pending = sorted(heads, key=lambda held: held[0].size)
    for head, signature in pending:
        if not is_signed(head, signature, key):
            return Fault(head.size, "unsigned", "A head does not bear the keeper's signature.")
    walk, whole = Walk(), 0
    for entry in entries:
        fault = _look_at(entry, walk)
        if fault is not None:
            return fault
        walk.add(entry.leaf)
        before = whole
        while pending and pending[0][0].size == walk.size:
            head = pending.pop(0)[0]
            if (head.root, head.link) != (walk.root, walk.link):
                return Fault(before, "rewritten", _tell_rewritten(before, head.size))
            whole = head.size
    pending = [held for held in pending if held[0].size > 0]
    if pending:
        return Fault(
            walk.size,
            "cut_off",
            f"A head was signed over {pending[-1][0].size} entries, {walk.size} are here.",
        )
    return None


def _look_at(entry: Entry, walk: Walk) -> Fault | None:
    if entry.place > walk.size:
        return Fault(walk.size, "removed", f"Entry {walk.size} is missing.")
    if entry.place < walk.size:
        return Fault(entry.place, "inserted", f"There are two entries {entry.place}.")
    if hash_leaf(write_content(entry.content)) != entry.leaf:
        return Fault(
            entry.place, "changed", f"Entry {entry.place} says something else than it did."
        )
    if join_link(walk.link, entry.leaf) != entry.link:
        return Fault(
            entry.place, "inserted", f"Entry {entry.place} does not go on the one before it."
        )
    return None


def _tell_rewritten(whole: int, size: int) -> str:
    return f"Between entry {whole} and entry {size - 1} the ledger is not what was signed."
