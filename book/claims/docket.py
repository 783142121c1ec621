"""The docket: claims with verdicts, as rows of a table.

A claim is what somebody wrote, in our words; a verdict is ours, with its evidence.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

__all__ = [
    "ELSEWHERE",
    "SAYS",
    "VERDICTS",
    "Claim",
    "Document",
    "read_claims",
    "read_documents",
    "tally",
]

VERDICTS = {
    "true": "right as it stands",
    "imprecise": "right in part, or nearly, or unclear",
    "convention": "right or wrong depending on what is counted",
    "false": "wrong, whatever is counted",
}
"""Verdict -> what it says of a claim, in the order of the docket."""

SAYS = {
    "number": "gives a number, or compares two quantities",
    "fact": "says what a network, a paper or a contest is or does",
    "cause": "says why something is so, or what a design brings about",
}
"""Kind of claim -> what a claim of it does."""

ELSEWHERE = "elsewhere"
"""The document of what other pages and tools say; it is not among the claims counted."""

SEPARATOR = "; "
"""Between the parts of one cell: citations, values."""


@dataclass(frozen=True, slots=True)
class Document:
    """Where claims were found.

    Attributes
    ----------
    document : str
        Kind and letter, such as "forum post A".
    kind : str
        What it is, in a few words.
    address : str
        Where it is public, if known.
    license : str
        Under which it is published there, if known.
    """

    document: str
    kind: str
    address: str
    license: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim and what became of it.

    Attributes
    ----------
    id : str
        Its number on the docket; "W1" and so on for numbers in circulation.
    document : str
        Where it was found.
    claim : str
        What it says, in our words.
    says : str
        Its kind, one of `SAYS`.
    verdict : str
        One of `VERDICTS`.
    topic : str
        Under which the docket lists it.
    evidence : str
        Why, with fields ``{0}``, ``{1}`` … for the values that are computed.
    citations : tuple of str
        Keys of the bibliography, each with the place, such as "he2016deep, section 4.1".
    values : tuple of str
        What the claim's function in `claims.evidence` yielded when the verdict was given; empty if
        it has none. A test compares.
    """

    id: str
    document: str
    claim: str
    says: str
    verdict: str
    topic: str
    evidence: str
    citations: tuple[str, ...]
    values: tuple[str, ...]


def read_claims(path: Path) -> list[Claim]:
    """Read a docket.

    Parameters
    ----------
    path : pathlib.Path
        A CSV file with the columns id, document, claim, says, verdict, topic, evidence, citation
        and value.

    Returns
    -------
    list of Claim
        In the file's order.

    Raises
    ------
    ValueError
        If a verdict is none of `VERDICTS`, or a kind none of `SAYS`.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return [_claim(row) for row in csv.DictReader(lines)]


def read_documents(path: Path) -> list[Document]:
    """Read the list of documents: document, kind, address and license of each.

    Parameters
    ----------
    path : pathlib.Path
        A CSV file with these columns.

    Returns
    -------
    list of Document
    """
    names = [field.name for field in fields(Document)]
    with path.open(encoding="utf-8", newline="") as lines:
        return [Document(*(row[name] for name in names)) for row in csv.DictReader(lines)]


def tally(claims: Iterable[Claim]) -> dict[str, int]:
    """Count the verdicts.

    Parameters
    ----------
    claims : iterable of Claim

    Returns
    -------
    dict
        Verdict -> number of claims, every verdict in the order of `VERDICTS`.
    """
    counts = Counter(claim.verdict for claim in claims)
    return {verdict: counts[verdict] for verdict in VERDICTS}


def _claim(row: dict[str, str]) -> Claim:
    """Make a claim of a row, its lists split."""
    citations, values = (
        tuple(row[column].split(SEPARATOR)) if row[column] else ()
        for column in ("citation", "value")
    )
    for column, known in (("verdict", VERDICTS), ("says", SAYS)):
        if row[column] not in known:
            raise ValueError(
                f"claim {row['id']} has {row[column]!r} as {column}; give one of {list(known)}"
            )
    plain = {name: row[name] for name in ("id", "document", "claim", "says", "verdict", "topic")}
    return Claim(**plain, evidence=row["evidence"], citations=citations, values=values)
