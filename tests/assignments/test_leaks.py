"""Nothing that students must not see is published: not in pages, sources, notebooks, archives.

Text is compared without spaces and quotes, so that a line is found however a page colors it or a
notebook quotes it.
"""

import html
import io
import json
import re
import zipfile
from functools import cache

import pytest

from assignments import ROOT, generate

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN", "BEGIN RUBRIC",
           "END RUBRIC", "BEGIN MARK SCHEME", "END MARK SCHEME")  # fmt: skip
BLOCK = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", re.S)
# Python's own library, which pages run with: nothing in it is made here.
NOT_OURS = "python_stdlib.zip"
TEXT = {".html", ".md", ".ipynb", ".js", ".json", ".txt", ".csv", ".xml", ".py", ".inv", ".bib"}


def squeezed(text):
    return re.sub(r"[\s\"'\\\u2018-\u201d]", "", text)


def readable(name, content):
    """Return the texts of a published file, and of the files in an archive."""
    if name.endswith(NOT_OURS):
        return
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for inside in archive.namelist():
                yield from readable(f"{name}/{inside}", archive.read(inside))
        return
    if "." + name.rpartition(".")[2] not in TEXT:
        return
    text = content.decode(errors="replace")
    if name.endswith("search-sections.js"):
        for page, *words in json.loads(text[text.index("=") + 1 : text.rindex(";")]):
            yield f"{name}/{page}", json.dumps(words, ensure_ascii=False)
        return
    if name.endswith((".html", ".js", ".json", ".ipynb")):
        # Words of a page, without what colors them; what a notebook escapes is dropped below.
        text += html.unescape(re.sub(r"<[^>]*>", "", text)).replace("\\n", "\n")
    yield name, text


@pytest.fixture(scope="module")
def published(site):
    files = [path for path in sorted(site.rglob("*")) if path.is_file()]
    return dict(
        text
        for path in files
        for text in readable(path.relative_to(site).as_posix(), path.read_bytes())
    )


@pytest.fixture(scope="module")
def squeezed_pages(published):
    """The same texts as they are compared."""
    return {page: squeezed(text) for page, text in published.items()}


@cache
def secrets(name):
    """What only instructors may read: (cell, block) -> its lines."""
    found = {}
    for cell in generate.autograder_notebook(name).cells:
        for number, block in enumerate(BLOCK.findall(cell.source)):
            found[cell.id, number] = block[1].splitlines()
        if "rubric" in cell.metadata:
            found[cell.id, "rubric"] = cell.metadata["rubric"].splitlines()
    return found


@cache
def open_to_all():
    """What the book and its package say anyway: a line of it is no secret."""
    sources = [*(ROOT / "book").rglob("*.md"), *(ROOT / "src").rglob("*.py")]
    sources += (ROOT / "book" / "_ext").rglob("*.py")  # some of it runs in pages
    return squeezed("".join(path.read_text() for path in sources))


def telling(lines):
    """Return the lines that give a block away: long, and nowhere in the book's sources."""
    wanted = (squeezed(line) for line in lines)
    return [line for line in wanted if len(line) >= 12 and line not in open_to_all()]


def test_the_site_is_read_whole(published):
    assert {"index.html", "_static/search-sections.js/index.html"} <= published.keys()
    # What runs in pages is ours but for that library: modules, the session, scripts.
    assert {"_static/python/convcost.zip/session.py", "_static/python.js"} <= published.keys()
    assert not any(NOT_OURS in name for name in published)
    for name in generate.names():
        assert f"assignments/{name}.html" in published
        assert f"_sources/assignments/{name}.md" in published
        # The search sees through colors: a line that students do get is found in the page.
        stub = squeezed("raise NotImplementedError()")
        assert stub in squeezed(published[f"assignments/{name}.html"])


@pytest.mark.parametrize("marker", MARKERS)
def test_no_marker_is_published(squeezed_pages, marker):
    # The guide shows instructors how masters are marked, in words, without anything between.
    told = {"instructors/guide"}
    found = [
        name
        for name, text in squeezed_pages.items()
        if squeezed(marker) in text and not any(page in name for page in told)
    ]

    assert found == []


@pytest.mark.parametrize("name", generate.names())
def test_no_line_of_a_solution_hidden_test_or_rubric_is_published(squeezed_pages, name):
    blocks = {place: telling(lines) for place, lines in secrets(name).items()}
    assert len(blocks) > 15
    # A block of few and common lines (a = 1) has nothing to be found by.
    silent = [place for place, lines in blocks.items() if not lines]
    assert len(silent) <= 1, silent

    found = [
        (page, line)
        for lines in blocks.values()
        for line in lines
        for page, text in squeezed_pages.items()
        if line in text
    ]

    assert found == []


def test_a_leak_would_be_found(published):
    """The same search, on a page that gives a solution away as the site would show it."""
    line = "    span = dilation * (kernel - 1) + 1"
    colored = (
        ' <span class="n">span</span> <span class="o">=</span> <span>dilation</span> * (kernel'
    )
    page = f"<pre>{colored} - <span>1</span>) + 1</pre>".encode()
    [(_, text)] = readable("page.html", page)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("deep/a.ipynb", '{"source": ["    span = dilation * (kernel - 1) + 1\\n"]}')
    [(name, inside)] = readable("all.zip", archive.getvalue())

    assert squeezed(line) in squeezed(text)
    assert squeezed(line) in squeezed(inside)
    assert name == "all.zip/deep/a.ipynb"
