"""The works of a BibTeX file, as a sentence names them and as a card shows them.

The book's page of references, citations in the text and what cells output all take a work's label
from here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import Entry, Person, parse_file

__all__ = ["Work", "labels", "read_works"]


@dataclass(frozen=True, slots=True)
class Work:
    """A work that can be cited.

    Attributes
    ----------
    label : str
        Authors and year, such as "He et al., 2016a"; of a project, its name alone.
    address : str
        Where it is public.
    title : str
    authors : tuple of str
        In full, in the paper's order.
    published : str
        In which journal or at which conference, and when, as far as the entry says so.
    """

    label: str
    address: str
    title: str
    authors: tuple[str, ...]
    published: str


def read_works(path: Path) -> dict[str, Work]:
    """Read a BibTeX file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    dict of str to Work
        By key, in the file's order.

    Raises
    ------
    ValueError
        If a work lacks its author, title or url, or a work by persons its year; if two have the
        same label.
    pybtex.scanner.PybtexSyntaxError
        If the file is no BibTeX; the message has the line.
    """
    entries = parse_file(str(path), bib_format="bibtex").entries
    works = zip(entries.items(), labels(list(entries.values())), strict=True)
    return {key: _work(entry, label) for (key, entry), label in works}


def labels(entries: Sequence[Entry]) -> list[str]:
    """Return what a sentence calls each of some works, no two the same.

    Works by the same authors in the same year get a letter, in the order given. A project's works
    have its name; where there are several, a title tells them apart.

    Parameters
    ----------
    entries : sequence of pybtex.database.Entry

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If a work lacks its author, title or url, or a work by persons its year; if two have the
        same label.
    """
    plain = [_plain_label(entry) for entry in entries]
    count, seen = Counter(plain), Counter[str]()
    found = []
    for entry, label in zip(entries, plain, strict=True):
        if count[label] == 1:
            found.append(label)
        elif _is_project(entry):
            found.append(f"{label}, {_unbraced(entry.fields['title']).partition(':')[0]}")
        else:
            found.append(label + "abcdefghijklmnopqrstuvwxyz"[seen[label]])
            seen[label] += 1
    if twice := [label for label, times in Counter(found).items() if times > 1]:
        raise ValueError(f"two works are called {twice[0]!r}: give them titles that differ")
    return found


def _plain_label(entry: Entry) -> str:
    authors = entry.persons.get("author", [])
    # BibTeX writes a name that has no parts, such as a project's, in braces.
    wanted = ("title", "url") if _is_project(entry) else ("title", "year", "url")
    missing = ["author"] * (not authors) + [name for name in wanted if name not in entry.fields]
    if missing:
        raise ValueError(
            f"the work {entry.key!r} has no {' and no '.join(missing)}: add it to its entry"
        )
    names = [_family_name(person) for person in authors]
    label = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
    return label if _is_project(entry) else f"{label}, {entry.fields['year']}"


def _is_project(entry: Entry) -> bool:
    """Say whether a work is by no person: its year then says when somebody looked."""
    authors = entry.persons.get("author", [])
    return bool(authors) and authors[0].last_names[0].startswith("{")


def _work(entry: Entry, label: str) -> Work:
    fields = entry.fields
    within = next((fields[kind] for kind in ("journal", "booktitle", "note") if kind in fields), "")
    published = ", ".join(_unbraced(part) for part in (within, fields.get("year", "")) if part)
    authors = tuple(_full_name(person) for person in entry.persons["author"])
    return Work(label, fields["url"], _unbraced(fields["title"]), authors, published)


def _family_name(person: Person) -> str:
    return _unbraced(" ".join([*person.prelast_names, *person.last_names]))


def _full_name(person: Person) -> str:
    names = [*person.first_names, *person.middle_names, *person.prelast_names]
    return _unbraced(" ".join([*names, *person.last_names, *person.lineage_names]))


def _unbraced(text: str) -> str:
    """Return a text without the braces by which BibTeX keeps capital letters."""
    return text.replace("{", "").replace("}", "")
