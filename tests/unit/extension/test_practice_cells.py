"""Exercises are read with clear errors, and stand whole on pages and in notebooks."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup

from book._ext.deeper import practice

ROOT = Path(__file__).parents[3]
EXERCISES = practice.folder(ROOT / "book")
NAMES = sorted(path.stem for path in EXERCISES.glob("*.py"))

WHOLE = """# %% [markdown]
# # A title
#
# Take {many} of `x`, and ${k}^{many}$.

# %% draw
def draw(random):
    return {"many": random.randrange(10_000, 99_999)}

# %% before
from math import sqrt

# %% stub
x = ...

# %% tests
assert x is not ..., "Put a number in place of the dots."
assert x == many, "</script><b>No</b>"

# %% hint [markdown]
# One.

# %% hint [markdown]
# Two.

# %% solution
x = many

# %% wrong: none at all says="</script>"
x = 0

# %% wrong: one too many says="</script>"
x = many + 1
"""


@pytest.fixture
def written(tmp_path):
    """Write an exercise, with something else in place of a piece, and return its file."""

    def write(old="", new=""):
        assert old in WHOLE
        path = tmp_path / "it.py"
        path.write_text(WHOLE.replace(old, new), "utf-8")
        return path

    return write


def test_an_exercise_is_read_cell_by_cell(written):
    one = practice.load(written())
    assert (one.name, one.title) == ("it", "A title")
    assert one.before == "from math import sqrt"
    assert (one.stub, one.solution, one.hints) == ("x = ...", "x = many", ("One.", "Two."))
    assert one.wrong[1] == practice.Wrong("one too many", "x = many + 1", "</script>")


def test_numbers_are_the_same_for_one_seed_and_stand_in_their_places(written):
    one = practice.load(written())
    numbers = one.numbers(3)
    assert numbers == one.numbers(3) != one.numbers(4)
    assert one.numbers() == one.numbers("it")
    # A formula's braces are its own.
    assert one.asked(numbers) == f"Take {numbers['many']:,} of `x`, and ${{k}}^{{many}}$."
    assert one.asked({"many": 7}, "<{name}:{text}>").startswith("Take <many:7> of")


@pytest.mark.parametrize(
    ("number", "text"),
    [(9999, "9999"), (10_000, "10,000"), (-10_000, "-10,000"), (0.5, "0.5"), ("a", "a"),
     ([8, 12_000], "8, 12,000")],
)  # fmt: skip
def test_numbers_are_written_as_in_the_book(number, text):
    assert practice.written(number) == text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# %% stub", "# %% stubb", r"it\.py, cell 4 \(stubb\): got no kind of cell that is known"),
        ("# %% stub", "# %%", r"it\.py, cell 4 \(code\): got no kind"),
        ("# %% before", "# %% stub", r"it\.py, cell 4 \(stub\): there is one before it"),
        ("hint [markdown]\n# One", "hint\n# One", r"cell 6 \(hint\): got code; expected Markdown"),
        ("# %% before", "# %% before [markdown]", r"cell 3 \(before\): got markdown; expected Py"),
        ("x = many\n", "x = (many\n", r"cell 8 \(solution\), line 1: '\(' was never closed"),
        ('none at all says="</script>"', "none at all", "expected wrong: what was confused says="),
        ("# # A title\n#\n", "# A title\n#\n", "cell 1: got 'A title.*expected Markdown with"),
        ("# %% hint [markdown]\n# One.\n", "", "got 1 hints, 2 wrong answers and no cell for"),
        ("# %% solution\nx = many\n", "", r"no cell for \['solution'\]"),
    ],
)
def test_a_fault_is_told_with_its_file_and_cell(written, old, new, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        practice.load(written(old, new))


@pytest.mark.parametrize(
    ("old", "new"), [("Take {many}", "Take many"), ('{"many":', '{"more": 1, "many":')]
)
def test_a_number_without_a_place_is_told(written, old, new):
    with pytest.raises(ValueError, match="give each number a place, and each place a number"):
        practice.load(written(old, new)).numbers()


def test_a_file_that_is_missing_is_told_with_those_that_are_there(written):
    with pytest.raises(FileNotFoundError, match=r"there is no .*that\.py; there are: it"):
        practice.load(written().with_name("that.py"))


# ---- In the built site ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def boxes(site, pages):
    """Exercise -> its section on its page."""
    found = {}
    for path in pages:
        text = (site / path).read_text("utf-8")
        if 'class="practice"' in text:
            for box in BeautifulSoup(text, "html.parser").select("section.practice"):
                found[box["data-practice"]] = box
    return found


def test_every_exercise_is_on_a_page(boxes):
    assert sorted(boxes) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_all_of_an_exercise_without_a_script_and_its_sources_for_one(boxes, name):
    box, one = boxes[name], practice.load(EXERCISES / f"{name}.py")
    data = json.loads(box.select_one("script.practice-data").string)
    assert set(data) == {"stub", "before", "tests", "draw", "numbers"}
    for kind in ("stub", "before", "tests", "draw"):
        assert data[kind] == getattr(one, kind)
    assert data["numbers"] == one.numbers()
    assert box.select_one("pre.practice-stub").text == one.stub
    for kind in ("tests", "solution"):
        assert box.select_one(f".practice-{kind} pre").text.strip("\n") == getattr(one, kind)
    if one.before:
        assert box.select_one(".practice-before pre").text.strip("\n") == one.before
    folds = box.select("details.practice-hint")
    assert len(folds) == len(one.hints)
    for fold, hint in zip(folds, one.hints, strict=True):
        # Its words, up to what is a formula or code on the page.
        plain = re.split(r"[$`*\[{]", hint)[0]
        words, shown = (re.findall(r"[a-zA-Z]{2,}", text) for text in (plain, fold.get_text()))
        assert " ".join(words) in " ".join(shown)
    # The numbers that stand in the sentence are those that the sources get.
    shown = {(n["data-name"], n.text) for n in box.select(".practice-number")}
    assert shown == {(key, practice.written(value)) for key, value in one.numbers().items()}
    for formula in box.select(".katex"):
        formula.extract()
    assert not practice.PLACE.search(box.select_one(".practice-prompt").text)
    label = box.find(id=box["aria-labelledby"])
    assert label.text.replace("\xa0", " ") == f"Practice. {one.title}"


@pytest.mark.parametrize("name", NAMES)
def test_wrong_answers_are_not_on_the_page(boxes, name):
    shown = [pre.text.strip() for pre in boxes[name].select("pre")]
    shown += json.loads(boxes[name].select_one("script.practice-data").string).values()
    for wrong in practice.load(EXERCISES / f"{name}.py").wrong:
        assert wrong.code not in shown


def test_what_a_cell_says_can_not_end_its_script(written):
    translator = SimpleNamespace(body=[])
    one = practice.load(written())
    node = practice.PracticeBox(practice=one, numbers=one.numbers())
    practice.depart_box(translator, node)
    (text,) = translator.body
    assert text.count("</script>") == 1
    assert json.loads(re.search(">(.*)</script>", text)[1])["tests"] == one.tests


def test_a_chapters_notebook_has_the_very_cells_and_they_run(site):
    found = 0
    for path in (site / "notebooks").rglob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources = [cell.source for cell in cells]
        assert not any("{practice}" in source for source in sources)
        for place, cell in enumerate(cells):
            if not cell.source.startswith("**Practice.** "):
                continue
            title = cell.source.partition("\n")[0].removeprefix("**Practice.** ")
            (one,) = (
                one
                for one in (practice.load(EXERCISES / f"{name}.py") for name in NAMES)
                if one.title == title
            )
            stub = sources.index(one.stub, place)
            tests, folded = cells[stub + 1], cells[stub + 2]
            assert tests.source == one.tests
            assert tests.metadata["tags"] == ["raises-exception"]  # "Run all" goes on
            assert stub - place == (2 if one.draw or one.before else 1)
            assert one.solution in folded.source
            assert folded.source.count("<details>") == len(one.hints) + 1
            names = {}
            for given in sources[place + 1 : stub]:
                exec(given, names)
            with pytest.raises(AssertionError):
                run(one.tests, run(one.stub, names))
            run(one.tests, run(one.solution, names))
            found += 1
    assert found == len(NAMES)


def run(code, names):
    """Return the names that are there when code has run with some."""
    names = dict(names)
    exec(code, names)
    return names
