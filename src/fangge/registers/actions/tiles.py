"""Draw a map tile: what the actor may see, as vector-tile bytes."""

from fangge.kernel.actor import Actor
from fangge.registers.adapters.tiles import Tile, encode_spots, tile_codes, within_tile
from fangge.registers.models.mapcell import MapLayer
from fangge.registers.queries.tiles import layer_named, spots_on_tile


def draw_spots(*, actor: Actor, layer: str, zoom: int, x: int, y: int) -> bytes:
    """Draw one layer's clusters or buildings, of residents the areas."""
    kind = layer_named(layer)
    tile = Tile(zoom, x, y)
    spots = spots_on_tile(actor=actor, layer=kind, codes=tile_codes(tile), zoom=zoom)
    if kind == MapLayer.RESIDENT:  # areas come whole, wherever the tile is
        spots = within_tile(spots, tile)
    return encode_spots(spots, tile=tile, layer=layer)
