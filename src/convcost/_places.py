"""Where on the image the numbers of a tensor lie: what gives a layer its height and width.

A shape alone does not tell: (1, 56, 56, 96) is a map with its channels last, (64, 3, 49, 49) are
the scores of 49 tokens in each of 64 windows, which together cover the map they were cut from.
"""

import math
from dataclasses import dataclass

_CHANNELS_FIRST = {
    "adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "batch_norm", "conv", "group_norm",
    "instance_norm", "interpolate", "local_response_norm", "lp_pool", "max_pool", "pixel_shuffle",
    "pixel_unshuffle", "transposed_conv",
}  # fmt: skip
_CHANNELS_LAST = {"layer_norm", "linear", "rms_norm"}


@dataclass(frozen=True, slots=True)
class Place:
    """Height and width of a map, or of the map that tokens were cut from.

    A sequence of n steps that was cut from no map is 1 high and n wide, a vector 1 by 1.
    """

    height: int
    width: int
    is_map: bool = True


def place_of(
    kind: str, shape: tuple[int, ...], source: Place | None, batch: int, dimensions: int
) -> Place | None:
    """Find the place of what an operation puts out.

    Parameters
    ----------
    kind : str
        The operation's kind.
    shape : tuple of int
        Shape of what it puts out.
    source : Place or None
        The place of what it takes in, if known.
    batch : int
        Images in the batch.
    dimensions : int
        Dimensions that the operation slides over, such as 2, or 0 if it does not say.

    Returns
    -------
    Place or None
        None if nothing tells.
    """
    if kind in _CHANNELS_FIRST:
        return _map(shape[-dimensions:] if dimensions else shape[2:])
    if kind in ("attention", "softmax") and source:
        return source
    if len(shape) <= 2:
        return Place(1, 1)
    if len(shape) == 3:  # tokens
        return Place(source.height, source.width, is_map=False) if source else Place(1, shape[1])
    if kind in _CHANNELS_LAST:
        here = _map(shape[1:-1])
        covers_source = source and source.height * source.width == math.prod(shape[:-1]) // batch
        if source and covers_source and here != source:  # windows of tokens
            return Place(source.height, source.width, is_map=False)
        return here
    if source is None:
        return _map(shape[2:])
    if source.is_map and len(shape) == 4:
        return _reading(shape, source)
    return source


def _reading(shape: tuple[int, ...], source: Place) -> Place:
    """Read a map's shape with its channels first or last: as the map that it comes from."""
    first, last = _map(shape[2:]), _map(shape[1:3])
    if source in (first, last):
        return source
    # Resized, it still has the same proportions.
    skews = [
        abs(math.log(place.height * source.width / (place.width * source.height)))
        for place in (first, last)
    ]
    return first if skews[0] <= skews[1] else last


def _map(lengths: tuple[int, ...]) -> Place:
    """Take the last two dimensions for height and width."""
    height, width = (1, 1, *lengths)[-2:]
    return Place(height, width)
