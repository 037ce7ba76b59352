"""Links to clusters, none of which contradicts itself."""

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def cluster_records(
    records: pl.DataFrame, links: pl.DataFrame, identifier: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Group records by their identifier and by links, without chaining errors.

    Parameters
    ----------
    records : polars.DataFrame
        record_id and the identifier column; a valid identifier names one subject.
    links : polars.DataFrame
        left, right and weight of the pairs that link.

    Returns
    -------
    polars.DataFrame
        CLUSTERS.
    polars.DataFrame
        The links that were cut because they would join two different identifiers.
    """
    ids = records["record_id"].sort().to_numpy()
    keys = records.sort("record_id")[identifier]
    chains = _chain_identifiers(ids, keys)
    kept, cut = links, links.clear()
    for keep_best in (_best_links, _links_to_identified):
        labels = _components(ids, chains, kept)
        torn = _contradicting(labels, keys)
        if not torn.any():
            break
        inside = pl.Series(torn[np.searchsorted(ids, kept["left"].to_numpy())])
        suspect = kept.filter(inside)
        saved = keep_best(suspect, ids, keys)
        cut = pl.concat([cut, suspect.join(saved, on=["left", "right"], how="anti")])
        kept = pl.concat([kept.filter(~inside), saved])
    labels = _components(ids, chains, kept)
    return _describe(ids, keys, labels, kept), cut


def _chain_identifiers(ids: np.ndarray, keys: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Join the records of each identifier to the first of them."""
    frame = pl.DataFrame({"at": np.arange(len(ids)), "key": keys}).drop_nulls("key")
    frame = frame.with_columns(first=pl.col("at").min().over("key"))
    return frame["first"].to_numpy(), frame["at"].to_numpy()


def _components(
    ids: np.ndarray, chains: tuple[np.ndarray, np.ndarray], links: pl.DataFrame
) -> np.ndarray:
    left = np.concatenate([chains[0], np.searchsorted(ids, links["left"].to_numpy())])
    right = np.concatenate([chains[1], np.searchsorted(ids, links["right"].to_numpy())])
    graph = coo_array(
        (np.ones(left.size, dtype=np.int8), (left, right)), shape=(len(ids), len(ids))
    )
    return np.asarray(connected_components(graph, directed=False)[1])


def _contradicting(labels: np.ndarray, keys: pl.Series) -> np.ndarray:
    """Mark the records of components that hold two different identifiers."""
    frame = pl.DataFrame({"label": labels, "key": keys})
    return (
        frame.select(pl.col("key").drop_nulls().n_unique().over("label") > 1).to_series().to_numpy()
    )


def _best_links(links: pl.DataFrame, ids: np.ndarray, keys: pl.Series) -> pl.DataFrame:
    """Let each record without an identifier keep only its strongest link."""
    named = keys.is_not_null().to_numpy()
    ends = pl.concat(
        [
            links.select("left", "right", "weight", own=pl.col("left")),
            links.select("left", "right", "weight", own=pl.col("right")),
        ]
    )
    ends = ends.filter(~pl.Series(named[np.searchsorted(ids, ends["own"].to_numpy())]))
    best = ends.sort(["weight", "left", "right"], descending=[True, False, False]).unique(
        "own", keep="first", maintain_order=True
    )
    return links.join(best.select("left", "right").unique(), on=["left", "right"], how="semi")


def _links_to_identified(links: pl.DataFrame, ids: np.ndarray, keys: pl.Series) -> pl.DataFrame:
    """Keep only links with an identifier on one side, the strongest of each other record."""
    named = keys.is_not_null().to_numpy()
    at_left = named[np.searchsorted(ids, links["left"].to_numpy())]
    at_right = named[np.searchsorted(ids, links["right"].to_numpy())]
    return _best_links(links.filter(pl.Series(at_left ^ at_right)), ids, keys)


def _describe(
    ids: np.ndarray, keys: pl.Series, labels: np.ndarray, links: pl.DataFrame
) -> pl.DataFrame:
    ends = pl.concat(
        [links.select("weight", record_id="left"), links.select("weight", record_id="right")]
    )
    strongest = ends.group_by("record_id").agg(pl.col("weight").max())
    frame = pl.DataFrame({"record_id": ids, "label": labels, "key": keys})
    return (
        frame.join(strongest, on="record_id", how="left", maintain_order="left")
        .with_columns(
            cluster=pl.col("record_id").min().over("label"),
            n_here=pl.len().over("label"),
            n_same=pl.len().over("label", "key"),
        )
        .select(
            "record_id",
            "cluster",
            method=pl.when(pl.col("n_here") == 1)
            .then(pl.lit("single"))
            .when(pl.col("key").is_not_null() & (pl.col("n_same") > 1))
            .then(pl.lit("identifier"))
            .otherwise(pl.lit("score")),
            weight=pl.col("weight").cast(pl.Float32),
        )
    )
