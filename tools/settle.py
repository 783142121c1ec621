"""Write what a built page computes into the chapters' sources, where nobody builds pages (Binder).

A chapter's sentences name their numbers and its references name works: the page has them filled in,
JupyterLab does not know how. ``python -m tools.settle --here`` executes each chapter once and
rewrites it in place: for a copy of the repository that is not committed.
"""

from __future__ import annotations

import re
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The front matter of a page with cells names the kernel that runs them.
HEADER = re.compile(r"---\n(?:(?!---\n).*\n)*?kernelspec:\n")


def chapters(book: Path, left_out: list[str]) -> list[Path]:
    """Return the pages that are notebooks, but for those that match a pattern."""
    return [
        path
        for path in sorted(book.rglob("*.md"))
        if HEADER.match(path.read_text())
        and not any(fnmatch(path.relative_to(book).as_posix(), pattern) for pattern in left_out)
    ]


def numbers_of(chapter: Path) -> dict[str, str]:
    """Execute a chapter and return the numbers that it keeps for its sentences."""
    # Part of the locked environment, which need not exist to read this file.
    import jupytext
    from nbclient import NotebookClient

    from convcost.page.glue import glued

    notebook = jupytext.read(chapter)
    place = {"metadata": {"path": str(chapter.parent)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=place).execute()
    return glued(notebook)


def works(bibliography: str) -> dict[str, str]:
    """Return each key of a BibTeX file with first author and year."""
    found = {}
    for key, entry in re.findall(r"^@\w+\{([\w-]+),(.*?)^\}", bibliography, re.DOTALL | re.M):
        fields = dict(re.findall(r"^\s*(\w+)\s*=\s*[{\"](.*?)[}\"],?$", entry, re.M))
        authors = fields.get("author", fields.get("title", key)).split(" and ")
        first = authors[0].strip("{}")
        name = first.split(",")[0] if "," in first or "author" not in fields else first.split()[-1]
        found[key] = " ".join([name, *["et al."] * (len(authors) > 1), fields.get("year", "")])
    return found


def settled(text: str, numbers: dict[str, str], names: dict[str, str], references: str) -> str:
    """Return a chapter with its numbers, and with links in the place of citations.

    Parameters
    ----------
    text : str
    numbers : dict of str to str
        Name -> what stands in the sentence.
    names : dict of str to str
        Key of a work -> what it is called.
    references : str
        Where the works are listed.

    Raises
    ------
    KeyError
        If a sentence names a number that no cell keeps, or a work that is not listed.
    """

    def cited(match: re.Match[str]) -> str:
        keys = (key.strip() for key in match[1].split(","))
        return "(" + "; ".join(f"[{names[key].strip()}]({references})" for key in keys) + ")"

    text = re.sub(r"\{glue:text\}`([^`]+)`", lambda match: numbers[match[1]], text)
    text = re.sub(r"\{term\}`([^`<]+?)(?: *<[^`>]+>)?`", r"\1", text)
    text = re.sub(r"\{download\}`([^`<]+?) *<([^`>]+)>`", r"[\1](\2)", text)
    return re.sub(r"\{cite\}`([^`]+)`", cited, text)


def main(arguments: list[str]) -> None:
    """Rewrite all chapters, if that is what is wanted."""
    import yaml

    if arguments != ["--here"]:
        raise SystemExit(
            "This rewrites the chapters in place, in a copy that nobody commits. "
            "If this is one, say so: python -m tools.settle --here"
        )
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    site = settings["html"]["baseurl"]
    names = works((ROOT / "book" / "references.bib").read_text())
    for chapter in chapters(ROOT / "book", settings["execute"]["exclude_patterns"]):
        numbers = numbers_of(chapter)
        print(f"{chapter.relative_to(ROOT)}: {len(numbers)} numbers", flush=True)
        references = f"{site}appendix/references.html"
        chapter.write_text(settled(chapter.read_text(), numbers, names, references))


if __name__ == "__main__":
    main(sys.argv[1:])
