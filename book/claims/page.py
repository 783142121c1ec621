"""The docket as HTML: tables that are complete without scripts, and filters for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from claims.docket import VERDICTS, Claim, Document
from claims.findings import Finding
from convcost.page.bibliography import Work, read_works
from convcost.page.shown import Shown, marked_up

__all__ = ["docket", "documents"]

HEADINGS = ("Claim", "Verdict", "Evidence")


def docket(
    claims: Sequence[Claim],
    findings: Mapping[str, Finding],
    bibliography: Path,
    filters: bool = True,
) -> Shown:
    """Show claims by topic, each with its verdict, evidence, sources and code.

    Parameters
    ----------
    claims : sequence of Claim
    findings : mapping of str to Finding
        What `claims.findings.find` returns for these claims, or for more.
    bibliography : pathlib.Path
        BibTeX file with the works cited.
    filters : bool
        Whether the reader can choose among them.

    Returns
    -------
    Shown
    """
    works = read_works(bibliography)
    topics = dict.fromkeys(claim.topic for claim in claims)
    body = []
    for topic in topics:
        chosen = [claim for claim in claims if claim.topic == topic]
        title = topic.capitalize()
        # A claim with values needs its finding: without, the text would have gaps.
        rows = "".join(
            _row(claim, findings[claim.id] if claim.values else None, works) for claim in chosen
        )
        label = f"docket-{topic}" if filters else f"docket-other-{topic}"
        body.append(
            f'<section class="docket-topic"><h3 id="{label}">{title}</h3>'
            f'<table class="docket-table" aria-labelledby="{label}">'
            f"<thead><tr>"
            + "".join(f'<th scope="col">{name}</th>' for name in HEADINGS)
            + f"</tr></thead><tbody>{rows}</tbody></table></section>"
        )
    tables, text = "".join(body), f"A docket of {len(claims)} claims"
    without = f'<div class="docket">{tables}</div>'
    if not filters:
        return Shown(without, text)
    # In a notebook no script would filter.
    still = {"text/html": without, "text/plain": text}
    return Shown(f'<div class="docket">{_filters(claims)}{tables}</div>', text, still)


def documents(listed: Iterable[Document], claims: Iterable[Claim]) -> Shown:
    """Show where the claims were found, with address and license where the document is public.

    Parameters
    ----------
    listed : iterable of Document
    claims : iterable of Claim
        Whose documents are shown, with the number of their claims.

    Returns
    -------
    Shown
    """
    counts = Counter(claim.document for claim in claims)
    items = []
    for document in listed:
        if document.document not in counts:
            continue
        name, kind = document.document, escape(document.kind)
        if document.address:
            kind = f'<a href="{escape(document.address)}">{kind}</a>'
        if document.license:
            kind += f", {escape(document.license)}"
        number = counts[name]
        items.append(
            f"<li><strong>{escape(name[0].upper() + name[1:])}</strong>: "
            f"{kind}. {number} claim{'s' if number > 1 else ''}.</li>"
        )
    return Shown(f'<ul class="docket-documents">{"".join(items)}</ul>', "A list of documents")


def _filters(claims: Sequence[Claim]) -> str:
    """Three menus and a line that says how many claims they leave."""
    verdicts = {verdict: verdict for verdict in VERDICTS}
    menus = [_menu("verdict", [c.verdict for c in claims], verdicts)]
    for name in ("topic", "document"):
        found = [getattr(claim, name) for claim in claims]
        menus.append(_menu(name, found, dict.fromkeys(found)))
    return (
        '<form class="docket-filter" method="dialog" aria-label="Choose claims" hidden>'
        f'{"".join(menus)}<button type="reset">Show all</button>'
        f'<p role="status">All {len(claims)} claims are shown.</p></form>'
    )


def _menu(name: str, found: Sequence[str], choices: Iterable[str]) -> str:
    counts = Counter(found)
    options = "".join(
        f'<option value="{escape(choice)}">{escape(choice)} ({counts[choice]})</option>'
        for choice in choices
    )
    return (
        f'<p><label for="docket-by-{name}">{name.capitalize()}</label>'
        f'<select id="docket-by-{name}" name="{name}"><option value="">all</option>'
        f"{options}</select></p>"
    )


def _row(claim: Claim, finding: Finding | None, works: dict[str, Work]) -> str:
    """One claim: what it says and who says it, the verdict, why."""
    sources = []
    for citation in claim.citations:
        key, _, place = citation.partition(", ")
        work = works[key]
        sources.append(
            f'<a href="{escape(work.address)}">{escape(work.label)}</a>, {escape(place)}'
        )
    source = f'<p class="docket-source">{"; ".join(sources)}</p>' if sources else ""
    evidence, code = claim.evidence, ""
    if finding:
        evidence = evidence.format(*finding.values)
        code = (
            f'<details class="docket-code"><summary>Code for claim {claim.id}</summary>'
            f"<pre>{escape(finding.code, quote=False)}</pre></details>"
        )
    return (
        f'<tr id="claim-{claim.id}" data-verdict="{claim.verdict}" '
        f'data-topic="{escape(claim.topic)}" data-document="{escape(claim.document)}">'
        f'<th scope="row"><span class="docket-number">{claim.id}</span> '
        f'{marked_up(claim.claim)} <span class="docket-where">{escape(claim.document)}</span></th>'
        f'<td class="docket-verdict">{claim.verdict}</td>'
        f"<td><p>{marked_up(evidence)}</p>{source}{code}</td></tr>"
    )
