"""Where on the image the numbers of a tensor lie; `test_cost` has whole networks."""

import pytest

from convcost._measure.map_sizes import MapSize, map_size_of

MAP = MapSize(56, 40)
TOKENS = MapSize(56, 40, is_map=False)


@pytest.mark.parametrize(
    ("layer", "shape", "source", "expected"),
    [
        ("conv", (2, 96, 28, 20), MAP, MapSize(28, 20)),
        ("max_pool", (2, 96, 1, 1), MAP, MapSize(1, 1)),
        ("relu", (2, 96, 56, 40), MAP, MAP),
        ("gelu", (2, 56, 40, 96), MAP, MAP),  # channels last
        ("layer_norm", (2, 56, 40, 96), MAP, MAP),
        ("linear", (2, 28, 20, 192), MAP, MapSize(28, 20)),  # Swin merges patches
        ("concat", (2, 28, 20, 384), MAP, MapSize(28, 20)),  # for which it gathers neighbors
        ("pad", (2, 128, 28, 20), MAP, MapSize(28, 20)),  # a shortcut without parameters
        ("linear", (2 * 40, 56, 288), MAP, TOKENS),  # windows
        ("linear", (2, 40, 56, 288), MAP, TOKENS),
        ("copy", (2, 40, 56, 96), MAP, TOKENS),
        ("attention", (80, 3, 56, 56), TOKENS, TOKENS),
        ("softmax", (80, 3, 56, 56), TOKENS, TOKENS),
        ("add", (80, 3, 56, 56), TOKENS, TOKENS),
        ("linear", (2, 1000), MAP, MapSize(1, 1)),
        ("relu", (4096,), None, MapSize(1, 1)),
        ("linear", (2, 77, 512), None, MapSize(1, 77, is_map=False)),  # a sentence
        ("relu", (2, 3, 30, 20), None, MapSize(30, 20)),
    ],
)
def test_two_images_of_56_by_40(layer, shape, source, expected):
    assert map_size_of(layer, shape, source, batch=2, dimensions=0) == expected


def test_half_of_a_small_map_is_read_as_such():
    # With channels last, 8 by 5 would have nearly the proportions of 9 by 6, 8 by 3 as many pixels
    # as 6 by 4, and 2 by 1 would be as it was.
    assert map_size_of("pad", (1, 8, 5, 3), MapSize(9, 6), 1, 0) == MapSize(5, 3)
    assert map_size_of("pad", (1, 8, 3, 2), MapSize(6, 4), 1, 0) == MapSize(3, 2)
    assert map_size_of("pad", (1, 2, 1, 1), MapSize(2, 1), 1, 0) == MapSize(1, 1)
    # With 16 channels first, though, a map of 32 by 64 is itself.
    assert map_size_of("relu", (1, 16, 32, 64), MapSize(32, 64), 1, 0) == MapSize(32, 64)


@pytest.mark.parametrize(
    ("shape", "dimensions", "expected"),
    [
        ((2, 4, 18), 1, MapSize(1, 18)),
        ((4, 6, 8), 2, MapSize(6, 8)),  # one image, no batch
        ((2, 4, 3, 5, 6), 3, MapSize(5, 6)),  # a film
    ],
)
def test_convolutions_of_other_dimensions(shape, dimensions, expected):
    assert map_size_of("conv", shape, None, batch=2, dimensions=dimensions) == expected
