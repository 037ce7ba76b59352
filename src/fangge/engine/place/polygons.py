"""Many points into many polygons."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

OUTSIDE = -1


class PolygonIndex:
    """Polygons in a tree, ready to be asked about points."""

    def __init__(self, geometries: Sequence[Any]) -> None:
        self._tree = shapely.STRtree(np.asarray(geometries, dtype=object))

    def find(self, points: ArrayLike) -> NDArray[np.int64]:
        """Find the polygon that each point lies in.

        Parameters
        ----------
        points : float64 array, shape (n_points, 2)
            In the coordinates of the polygons; NaN is a missing position.

        Returns
        -------
        int64 array, shape (n_points,)
            The polygon's place in the order they were given; -1 where none covers the point. On a
            shared border, or where polygons overlap, the first given wins.

        Notes
        -----
        Time O(n_points * log(n_polygons)) plus the exact tests of near ones.
        """
        plain = np.asarray(points, dtype=np.float64)
        found = np.full(len(plain), OUTSIDE, dtype=np.int64)
        placed = np.flatnonzero(~np.isnan(plain).any(axis=1))
        which, polygon = self._tree.query(shapely.points(plain[placed]), predicate="covered_by")
        order = np.argsort(-polygon, kind="stable")
        found[placed[which[order]]] = polygon[order]
        return found
