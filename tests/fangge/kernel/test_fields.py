"""Sealed fields: a column at once gives what one text at a time gives."""

import polars as pl
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from fangge.kernel.fields import KeyUnfit, Vault

TEXTS = st.lists(st.none() | st.text(max_size=80), max_size=8)


def make_vault(
    finding_key: bytes = b"k" * 32, *, cipher: str = "aes", hashing: str = "sha256"
) -> Vault:
    key = f"{cipher}:{'32' * (32 if cipher == 'aes' else 16)}"
    return Vault(sealing_keys={1: "31" * 32, 2: key}, finding_key=finding_key, hashing=hashing)


@pytest.mark.parametrize("hashing", ["sha256", "sm3"])
@pytest.mark.parametrize("n_bytes", [1, 32, 64, 65, 200])
@given(texts=TEXTS)
def test_a_column_is_hashed_as_each_of_its_texts(
    n_bytes: int, hashing: str, texts: list[str | None]
) -> None:
    vault = make_vault(bytes(range(n_bytes)), hashing=hashing)
    found = vault.hash_column(pl.Series(texts, dtype=pl.String), column="a.b").to_list()
    assert found == [None if one is None else vault.hash_text(one, column="a.b") for one in texts]


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
@given(texts=TEXTS)
def test_a_column_is_sealed_so_that_each_of_its_texts_opens(
    cipher: str, texts: list[str | None]
) -> None:
    vault = make_vault(cipher=cipher)
    rows = pl.Series(range(len(texts)), dtype=pl.Int64)
    column = pl.Series(texts, dtype=pl.String)
    sealed = vault.seal_column(column, column="a.b", rows=rows).to_list()
    assert [
        None if one is None else vault.open(one, column="a.b", row=row)
        for row, one in enumerate(sealed)
    ] == texts
    assert all(vault.is_current(one) for one in sealed if one is not None)
    filled = [one for one in sealed if one is not None]
    assert len(set(filled)) == len(filled)


def bound_to_column_only(text: str, key: bytes = b"1" * 32) -> bytes:
    """Seal as it was done before values were bound to their rows."""
    nonce = bytes(range(12))
    return bytes([1]) + nonce + AESGCM(key).encrypt(nonce, text.encode(), b"a.b")


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
@given(place=st.integers(min_value=0, max_value=200), flip=st.integers(min_value=1, max_value=255))
def test_what_was_moved_or_changed_anywhere_does_not_open(
    cipher: str, place: int, flip: int
) -> None:
    vault = make_vault(cipher=cipher)
    sealed = vault.seal("320508199001011234", column="a.b", row=7)
    assert vault.open(sealed, column="a.b", row=7) == "320508199001011234"
    for column, row in (("a.b", 8), ("a.c", 7), ("a.b", "7 "), ("a.b\x007", "")):
        with pytest.raises(InvalidTag):
            vault.open(sealed, column=column, row=row)
    at = place % (len(sealed) - 3) + 3
    changed = sealed[:at] + bytes([sealed[at] ^ flip]) + sealed[at + 1 :]
    with pytest.raises(InvalidTag):
        vault.open(changed, column="a.b", row=7)


def test_a_value_of_before_rows_were_bound_opens_with_a_key_of_then_and_is_not_current() -> None:
    old = bound_to_column_only("x")
    vault = make_vault()
    assert vault.open(old, column="a.b", row="any") == "x"
    assert not vault.is_current(old)


def test_a_key_that_names_its_cipher_opens_nothing_that_is_not_bound_to_a_row() -> None:
    vault = Vault(sealing_keys={1: f"aes:{'31' * 32}"}, finding_key=b"k")
    with pytest.raises(InvalidTag):
        vault.open(bound_to_column_only("x"), column="a.b", row="any")


@pytest.mark.parametrize("text", ["sm4:00", "des:" + "00" * 32, "aes:zz", "", f"sm4:{'31' * 32}"])
def test_a_key_that_is_none_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(KeyUnfit) as raised:
        Vault(sealing_keys={1: text}, finding_key=b"k")
    assert "31" not in str(raised.value)


def test_sm4_in_galois_mode_gives_what_its_standard_gives() -> None:
    """The example of RFC 8998, appendix A.1."""
    from fangge.kernel.fields import _Sm4Gcm

    cipher = _Sm4Gcm(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))
    nonce = bytes.fromhex("00001234567800000000ABCD")
    bound_to = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = bytes.fromhex(
        "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
        "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
    )
    sealed = cipher.encrypt(nonce, plain, bound_to)
    assert sealed.hex().upper() == (
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert cipher.decrypt(nonce, sealed, bound_to) == plain
