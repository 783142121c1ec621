"""Where on the image the numbers of a tensor lie: what gives a layer its height and width.

A shape alone does not tell: (1, 56, 56, 96) is a map with its channels last, (64, 3, 49, 49) are
the scores of 49 tokens in each of 64 windows, which together cover the map they were cut from.
"""

import math
from dataclasses import dataclass, replace

_CHANNELS_FIRST = {
    "adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "batch_norm", "conv", "conv_transpose",
    "convolution", "group_norm", "instance_norm", "interpolate", "local_response_norm", "lp_pool",
    "max_pool", "pixel_shuffle", "pixel_unshuffle",
}  # fmt: skip
_CHANNELS_LAST = {"layer_norm", "linear", "rms_norm"}


@dataclass(frozen=True, slots=True)
class MapSize:
    """Height and width of a map, or of the map that tokens were cut from.

    A sequence of n steps that was cut from no map is 1 high and n wide, a vector 1 by 1.
    """

    height: int
    width: int
    is_map: bool = True

    def of_tokens(self) -> "MapSize":
        """Return the same size, of tokens that were cut from the map."""
        return replace(self, is_map=False)

    def spans(self, other: "MapSize") -> bool:
        """Say whether the other is as high and as wide."""
        return (self.height, self.width) == (other.height, other.width)

    def covers(self, pixels: int) -> bool:
        """Say whether the map has that many pixels."""
        return self.height * self.width == pixels


def map_size_of(
    layer: str, shape: tuple[int, ...], source: MapSize | None, batch: int, dimensions: int
) -> MapSize:
    """Find the size of the map that an operation outputs.

    Parameters
    ----------
    layer : str
        What the operation is called: "conv", "add"; "attention" for a product of activations.
    shape : tuple of int
        Shape of its output.
    source : MapSize or None
        The size of the map that it takes in, if known.
    batch : int
        Images in the batch.
    dimensions : int
        Dimensions that the operation slides over, such as 2, or 0 if it does not say.

    Returns
    -------
    MapSize
    """
    if layer in _CHANNELS_FIRST:
        return _map(shape[-dimensions:] if dimensions else shape[2:])
    if layer in ("attention", "softmax") and source:
        return source
    if len(shape) <= 2:
        return MapSize(1, 1)
    if len(shape) == 3:
        return source.of_tokens() if source else MapSize(1, shape[1], is_map=False)
    if layer in _CHANNELS_LAST:
        here = _map(shape[1:-1])
        windows = source and source.covers(math.prod(shape[:-1]) // batch)
        return source.of_tokens() if source and windows and not source.spans(here) else here
    if source and source.is_map and len(shape) == 4:
        return _reading(shape, source)
    return source or _map(shape[2:])


def _reading(shape: tuple[int, ...], source: MapSize) -> MapSize:
    """Read a shape with its channels first or last, as fits what it comes from."""
    readings = _map(shape[2:]), _map(shape[1:3])
    half = MapSize(-(-source.height // 2), -(-source.width // 2))  # every second pixel of it
    if readings[0].spans(half):
        return half
    if any(map(source.spans, readings)):
        return source
    if readings[1].spans(half):
        return half
    if any(source.covers(size.height * size.width) for size in readings):
        return source.of_tokens()
    # Padded or thinned out otherwise, a map has about the same proportions.
    return min(
        readings,
        key=lambda size: abs(math.log(size.height * source.width / (size.width * source.height))),
    )


def _map(lengths: tuple[int, ...]) -> MapSize:
    """Take the last two dimensions for height and width."""
    height, width = (1, 1, *lengths)[-2:]
    return MapSize(height, width)
