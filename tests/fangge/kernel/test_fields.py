"""Sealed fields: a column at once gives what one text at a time gives."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangge.kernel.fields import Vault

TEXTS = st.lists(st.none() | st.text(max_size=80), max_size=8)


def make_vault(finding_key: bytes = b"k" * 32) -> Vault:
    return Vault(sealing_keys={1: b"1" * 32, 2: b"2" * 32}, finding_key=finding_key)


@pytest.mark.parametrize("n_bytes", [1, 32, 64, 65, 200])
@given(texts=TEXTS)
def test_a_column_is_hashed_as_each_of_its_texts(n_bytes: int, texts: list[str | None]) -> None:
    vault = make_vault(bytes(range(n_bytes)))
    found = vault.hash_column(pl.Series(texts, dtype=pl.String), column="a.b").to_list()
    assert found == [None if one is None else vault.hash_text(one, column="a.b") for one in texts]


@given(texts=TEXTS)
def test_a_column_is_sealed_so_that_each_of_its_texts_opens(texts: list[str | None]) -> None:
    vault = make_vault()
    sealed = vault.seal_column(pl.Series(texts, dtype=pl.String), column="a.b").to_list()
    assert [None if one is None else vault.open(one, column="a.b") for one in sealed] == texts
    assert all(vault.is_current(one) for one in sealed if one is not None)
    filled = [one for one in sealed if one is not None]
    assert len(set(filled)) == len(filled)
