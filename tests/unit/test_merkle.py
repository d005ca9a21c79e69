"""The Merkle tree: the values of the standard's own test vectors, and proofs against a second way of computing."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from pipeline.store.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
"""The reference inputs of Certificate Transparency's own test data (certificate-transparency-go, merkle tests)."""

ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def recursive_root(entries: list[bytes]) -> bytes:
    """MTH as RFC 6962, 2.1 writes it down."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + recursive_root(entries[:split]) + recursive_root(entries[split:])).digest()


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def test_roots_of_the_reference_entries() -> None:
    """Each growing prefix of the reference entries has the published root."""
    hashes = [leaf_hash(entry) for entry in ENTRIES]
    assert [tree_root(hashes[: size + 1]).hex() for size in range(8)] == ROOTS


def test_the_empty_tree() -> None:
    """A tree without leaves has the hash of nothing as its root."""
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == EMPTY_ROOT


def test_a_tree_grown_leaf_by_leaf_equals_the_recursive_definition() -> None:
    """The frontier gives the root of the definition at every size up to 300."""
    entries = [number.to_bytes(4, "big") for number in range(300)]
    frontier = Frontier()
    for size, entry in enumerate(entries, 1):
        frontier.append(leaf_hash(entry))
        assert frontier.size == size
        assert frontier.root() == recursive_root(entries[:size])


def test_a_tree_goes_on_from_its_stored_frontier() -> None:
    """Stored and loaded at any size, the frontier grows on to the same root."""
    hashes = leaves(64)
    whole = Frontier()
    for leaf in hashes:
        kept = Frontier.from_bytes(whole.size, whole.to_bytes())
        whole.append(leaf)
        kept.append(leaf)
        assert kept.root() == whole.root()


@pytest.mark.parametrize("nodes", [b"", bytes(31), bytes(64)])
def test_a_frontier_that_does_not_fit_its_size_is_refused(nodes: bytes) -> None:
    """A size of one needs exactly one hash of 32 bytes."""
    with pytest.raises(ValueError, match="frontier"):
        Frontier.from_bytes(1, nodes)


def test_every_inclusion_proof_holds_and_no_other() -> None:
    """For all trees up to 48 leaves each leaf's proof leads to the root, and fails for the next place and size."""
    hashes = leaves(48)
    for size in range(1, 49):
        root = tree_root(hashes[:size])
        for index in range(size):
            proof = inclusion_proof(hashes[:size], index)
            assert verify_inclusion(hashes[index], index, size, proof, root)
            assert not verify_inclusion(hashes[index], index + 1, size, proof, root)
            assert not verify_inclusion(hashes[(index + 1) % 48], index, size, proof, root)
            assert not verify_inclusion(hashes[index], index, size, [*proof, bytes(32)], root)


def test_every_consistency_proof_holds() -> None:
    """For all pairs of sizes up to 48 the proof shows the smaller tree as a beginning of the larger."""
    hashes = leaves(48)
    roots = [tree_root(hashes[:size]) for size in range(49)]
    for second in range(1, 49):
        for first in range(1, second + 1):
            proof = consistency_proof(hashes[:second], first)
            assert verify_consistency(first, second, roots[first], roots[second], proof)
            if first < second:
                assert not verify_consistency(first, second, roots[first - 1], roots[second], proof)


def test_mutated_proofs_are_refused() -> None:
    """No proof holds any more after one bit of it flips, or one of its hashes is dropped, doubled or exchanged."""
    rng = random.Random(6962)  # noqa: S311  (the same proofs each run)
    hashes = leaves(100)
    for _ in range(2000):
        size = rng.randrange(3, 101)
        first = rng.randrange(1, size)
        index = rng.randrange(size)
        root = tree_root(hashes[:size])
        included = inclusion_proof(hashes[:size], index)
        consistent = consistency_proof(hashes[:size], first)
        assert not verify_inclusion(hashes[index], index, size, mutated(included, rng), root)
        assert not verify_consistency(first, size, tree_root(hashes[:first]), root, mutated(consistent, rng))


def mutated(proof: list[bytes], rng: random.Random) -> list[bytes]:
    at = rng.randrange(len(proof))
    change = rng.randrange(4)
    if change == 0:
        flipped = bytearray(proof[at])
        flipped[rng.randrange(32)] ^= 1 << rng.randrange(8)
        return [*proof[:at], bytes(flipped), *proof[at + 1 :]]
    if change == 1:
        return proof[:at] + proof[at + 1 :]
    if change == 2:
        return [*proof[:at], proof[at], *proof[at:]]
    return [*proof[:at], bytes(32), *proof[at + 1 :]]


def test_a_history_that_was_changed_has_no_consistency_proof() -> None:
    """When an early leaf changes, the honest algorithm's proof does not connect the two roots."""
    hashes = leaves(20)
    earlier = tree_root(hashes[:10])
    hashes[3] = leaf_hash(b"another")
    assert not verify_consistency(10, 20, earlier, tree_root(hashes), consistency_proof(hashes, 10))
