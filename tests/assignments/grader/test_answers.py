"""A written answer counts wherever a student put it, and what is no answer is noted."""

import copy

import nbformat
import pytest

from assignments import generate
from assignments.grader import answers, notebooks, preparing, restoring
from assignments.grader.assignment import Assignment
from tests.assignments.grader import toy
from tests.assignments.grader.school import grade, table

WORDS = "Because seven times eight is the same as eight times seven."
MORE = "And so it was with the Romans, too."
QUESTION = "Why is it so?"


def markdown(text):
    return nbformat.v4.new_markdown_cell(text)


def code(text):
    return nbformat.v4.new_code_cell(text)


class Handed:
    """A release with right code, and what becomes of it when it is put back."""

    def __init__(self, masters, folder):
        self.masters = masters
        preparing.prepare(folder, Assignment(
            "small", toy.SEED, masters,
            generate.autograder_notebook("small", toy.SEED, masters)))  # fmt: skip
        self.given = nbformat.read(folder / "given.ipynb", 4)
        self.released = toy.release(masters).cells

    def restore(self, edit, released=None):
        notebook = toy.solved(self.masters)
        edit(notebook.cells)
        clean = notebooks.read("a.ipynb", nbformat.writes(notebook).encode())
        restored, notes = restoring.restore(clean, self.given, released or self.released)
        return restored, "; ".join(notes)

    def answer(self, edit):
        restored, notes = self.restore(edit)
        return toy.cell_of(restored, "why").source, notes


@pytest.fixture(scope="module")
def handed(small_masters, tmp_path_factory):
    return Handed(small_masters, tmp_path_factory.mktemp("prepared"))


def at(cells, grade_id):
    return next(
        place for place, cell in enumerate(cells)
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )  # fmt: skip


def question(cells):
    return next(place for place, cell in enumerate(cells) if QUESTION in cell.source)


def cell_below(cells):
    cells.append(markdown(WORDS))


def cell_above(cells):
    cells.insert(at(cells, "why"), markdown(WORDS))


def cell_above_the_question(cells):
    cells.insert(question(cells), markdown(WORDS))


def cell_of_code(cells):
    cells.append(code(WORDS))


def comments_in_a_cell_of_code(cells):
    cells.append(code("# " + WORDS))


def quotes_in_a_cell_of_code(cells):
    cells.insert(at(cells, "why"), code(f'"""{WORDS}"""'))


def turned_into_code(cells):
    why = cells[at(cells, "why")]
    cells[at(cells, "why")] = nbformat.from_dict(code(WORDS) | {"metadata": why.metadata})


def emptied_and_a_cell_below(cells):
    cells[at(cells, "why")].source = ""
    cells.append(markdown(WORDS))


def deleted_and_typed_anew(cells):
    cells[at(cells, "why")] = markdown(WORDS)


def deleted_and_typed_anew_as_code(cells):
    cells[at(cells, "why")] = code(WORDS)


def in_the_question(cells):
    cells[question(cells)].source += f"\n\n{WORDS}"


def in_the_question_and_the_cell_deleted(cells):
    in_the_question(cells)
    del cells[at(cells, "why")]


def far_above(cells):
    cells.insert(at(cells, "scale"), markdown(WORDS))


def far_above_in_a_cell_of_code(cells):
    cells.insert(at(cells, "scale"), code(WORDS))


def without_marks_and_a_cell_below(cells):
    cells.append(markdown(WORDS))
    for cell in cells:
        cell.metadata.clear()


@pytest.mark.parametrize(
    "edit",
    [
        cell_below, cell_above, cell_above_the_question, cell_of_code, comments_in_a_cell_of_code,
        quotes_in_a_cell_of_code, turned_into_code, emptied_and_a_cell_below,
        deleted_and_typed_anew, deleted_and_typed_anew_as_code, in_the_question,
        in_the_question_and_the_cell_deleted, far_above, far_above_in_a_cell_of_code,
        without_marks_and_a_cell_below,
    ],
)  # fmt: skip
def test_the_answer_is_found(handed, edit):
    answer, notes = handed.answer(edit)

    assert answer == WORDS
    if edit is not turned_into_code:  # which is the cell itself
        assert "why" in notes or "by their place" in notes


@pytest.mark.parametrize("marks", ["first", "second", "both"])
def test_a_cell_that_was_cut_in_two_is_one_answer(handed, marks):
    """Which half keeps the mark, editors see differently."""

    def cut(cells):
        why = at(cells, "why")
        halves = [markdown(WORDS), markdown(MORE)]
        for half, name in zip(halves, ("first", "second"), strict=True):
            if marks in (name, "both"):
                half.metadata = cells[why].metadata
        cells[why : why + 1] = halves

    answer, notes = handed.answer(cut)

    assert answer == f"{WORDS}\n\n{MORE}"
    assert notes == "put together from several cells: why"


def test_a_computation_beside_the_answer_is_quoted_and_runs(handed):
    def compute(cells):
        cells[at(cells, "why")].source = WORDS
        cells.append(code("print(7 * 8)"))

    restored, _ = handed.restore(compute)

    assert toy.cell_of(restored, "why").source == f"{WORDS}\n\n```python\nprint(7 * 8)\n```"
    assert restored.cells[-1].source == "print(7 * 8)"


def test_a_copy_of_the_answer_counts_once(handed):
    def copied(cells):
        why = cells[at(cells, "why")]
        why.source = WORDS
        cells.append(nbformat.from_dict(why | {"id": "copy"}))

    assert handed.answer(copied)[0] == WORDS


def test_a_text_elsewhere_is_noted_and_kept_where_the_answer_is_there(handed):
    def noted(cells):
        cells[at(cells, "why")].source = WORDS
        cells.insert(at(cells, "scale"), markdown("I am not sure of this one."))

    restored, notes = handed.restore(noted)

    assert toy.cell_of(restored, "why").source == WORDS
    assert notes == ("a text that belongs to no answer, left where it was, below: scale-code")
    assert "I am not sure of this one." in [cell.source for cell in restored.cells]


def test_an_empty_answer_without_its_mark_is_no_answer(handed):
    answer, notes = handed.answer(lambda cells: cells[at(cells, "why")].metadata.clear())

    assert answer == ""
    assert notes == "no cell for the answer: why"


def test_a_name_at_the_top_is_no_answer(handed):
    answer, notes = handed.answer(lambda cells: cells.insert(0, markdown("This is Ann's own.")))

    assert answer == toy.cell_of(handed.given, "why").source
    assert notes.endswith("below: the top")


@pytest.mark.parametrize(
    "edit", [lambda cells: None, lambda cells: cells.insert(0, code("import sys"))]
)
def test_what_was_handed_out_is_no_answer(handed, edit):
    assert handed.answer(edit) == (toy.cell_of(handed.given, "why").source, "")


def test_a_question_whose_links_lead_to_the_site_is_what_was_handed_out(handed):
    released = copy.deepcopy(handed.released)
    here = next(cell for cell in released if QUESTION in cell.source)
    here.source += " See [there](../there.md)."

    def elsewhere(cells):
        cells[question(cells)].source = here.source.replace("../there.md", "https://x.org/a.html")

    assert handed.restore(elsewhere, released)[1] == ""


def test_code_that_was_deleted_and_typed_anew_is_the_answer(handed):
    def anew(cells):
        place = at(cells, "answer-code")
        cells[place : place + 1] = [code("seven = 7"), code("answer = 8 * seven")]

    restored, notes = handed.restore(anew)

    assert toy.cell_of(restored, "answer-code").source == "seven = 7\n\nanswer = 8 * seven"
    assert notes.endswith("which is taken from what is in its place: answer-code")
    assert [cell.source for cell in restored.cells].count("seven = 7") == 0


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (WORDS, WORDS),
        (f"# {WORDS}\n# {MORE}", f"{WORDS}\n{MORE}"),
        (f"'{WORDS}'", WORDS),
        ("重みはすべての場所で共有される", "重みはすべての場所で共有される"),
        ("", None),
        ("# scratch", None),
        ("answer", None),
        ("7 * 8  # because seven times eight is that", None),
        ("def scale(number) return 3", None),
        ("for x in range(3) if x not in y: pass", None),
        ("!pip install a few more things here", None),
        ("%matplotlib inline and some more words", None),
        ("(" * 5000, None),
    ],
)
def test_words_are_told_from_code(source, words):
    assert answers.prose_of(source) == words


def test_such_an_answer_waits_for_marks(small_masters, warm_process, tmp_path):
    """It would get no points without, and be marked by nobody."""
    notebook = toy.solved(small_masters)
    notebook.cells.append(markdown(WORDS))
    toy.save(notebook, tmp_path / "in" / "s1001.ipynb")

    grade(tmp_path / "in", tmp_path / "out", small_masters, warm_process)

    [row] = table(tmp_path / "out" / "grades.csv").values()
    assert (row["status"], row["why"]) == ("needs-marking", "")
    assert table(tmp_path / "out" / "manual.csv")["s1001"]["answer"] == WORDS
