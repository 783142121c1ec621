"""Where a printed page ends early, and what is done about it, on pages made up for it."""

import pytest

from tools.pagination import MOVES, Hole, Sheet, holes, mended

SHEET = Sheet(width=600, height=900)


def block(name, height, picture=0.0, *, leads=False, moves=False, followed=False):
    return {
        "name": name, "height": height, "picture": picture,
        "leads": leads, "moves": moves, "followed": followed,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("last", "top", "free"),
    [
        (200, 0, 400),  # 300 + 200 of 900 are filled
        (560, 0, None),  # 860 are
        (260, 60, 400),  # its last 60 stand on the next page
        (280, 0, None),  # 320 are free: little more than a third
    ],
)
def test_a_hole_is_what_the_last_block_leaves(last, top, free) -> None:
    blocks = [block("a", 300), block("b", last), block("figure", 500, 300)]
    at = {"a": (0, 0.0), "b": (0, 300.0), "figure": (1, float(top))}
    found = holes(blocks, at, SHEET)
    assert [hole.free for hole in found] == ([] if free is None else [free])


def test_what_leads_to_a_figure_belongs_to_it_and_what_is_not_printed_has_no_place() -> None:
    head, figure = block("head", 40, leads=True), block("figure", 500, 300)
    blocks = [block("a", 300), block("hidden", 10), head, figure, block("b", 90)]
    at = {"a": (0, 0.0), "head": (1, 0.0), "figure": (1, 40.0), "b": (1, 540.0)}
    assert holes(blocks, at, SHEET) == [Hole(600.0, [head, figure])]


class Paper:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def evaluate(self, _script: str, told: object) -> None:
        self.asked.append(told)


def test_a_figure_gets_smaller_if_that_suffices_else_it_comes_later() -> None:
    paper, tried = Paper(), set()
    hole = Hole(450.0, [block("figure", 500, 300, moves=True, followed=True)])
    assert mended(paper, hole, tried)
    assert paper.asked == [["figure", 450 - 520 + 300]]
    # It did not fit after all: it comes later, but not far from its place.
    assert [mended(paper, hole, tried) for _ in range(MOVES + 1)] == [True] * MOVES + [False]
    assert paper.asked[1:] == ["figure"] * MOVES


def test_letters_stay_legible_and_code_keeps_its_place() -> None:
    paper = Paper()
    assert not mended(paper, Hole(350.0, [block("figure", 500, 300)]), set())
    assert not mended(paper, Hole(350.0, [block("code", 400)]), set())
    assert paper.asked == []
