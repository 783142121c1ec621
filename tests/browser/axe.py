"""What axe finds on a page, and of which texts it has to be asked."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
# Web Content Accessibility Guidelines 2.0 to 2.2, levels A and AA.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The rules that ask for colors, which take most of axe's time.
OF_LOOKS = ["color-contrast", "link-in-text-block"]


def violations(page: Page, where: str, options: dict[str, Any]) -> list[list[str]]:
    """Return what axe finds in all that a selector names: rule, place, reason."""
    return page.evaluate(
        """async ([where, options]) => (await axe.run(where, options)).violations.flatMap(
            ({ id, nodes }) => nodes.map(
                ({ target, failureSummary }) => [id, target.join(" "), failureSummary]))""",
        [{"include": [[where]]}, {"resultTypes": ["violations"], **options}],
    )


# Marks one text of each look that was not there when this was last run in a theme: what axe goes by
# to judge how well it can be read, of its element and of all around it, and whether a link has text
# beside it. What is taken out of the flow is marked in any case: it may stand on something that is
# not around it. That no part of a page covers another one's text at any width, test_frame.py holds.
# Returns which elements are shown, and how many are marked.
MARK_LOOKS = """(theme) => {
    const seen = { visibilityProperty: true, opacityProperty: true };
    const behind = ["backgroundColor", "backgroundImage", "opacity", "filter", "clip"];
    const own = ["color", "fontSize", "fontWeight", "textShadow", "webkitTextStroke",
        "textDecorationLine", "borderBottom"];
    const kept = globalThis.looks ??= {};
    const before = kept[theme] ?? new Set(), now = new Set(), around = new Map();
    let shown = "", marked = 0;
    for (const element of document.querySelectorAll("html, body, body *")) {
        const style = getComputedStyle(element), isShown = element.checkVisibility(seen);
        const of = (ways, style) => ways.map((way) => style[way]).join();
        const outer = around.get(element.parentElement) ?? { ground: "", text: "", apart: false };
        const painted = ["::before", "::after"].map((part) => getComputedStyle(element, part))
            .map((part) => part.content === "none" ? "" : of([...behind, "position"], part));
        const here = {
            ground: [outer.ground, of(behind, style), ...painted].join("|"),
            text: of(own, style),
            apart: outer.apart || /absolute|fixed/.test(style.position),
        };
        around.set(element, here);
        shown += Number(isShown);
        const has = /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName)
            || [...element.childNodes].some(({ data }) => data?.trim());
        let look = `${here.ground} ${here.text}`;
        if (element.tagName === "A") {
            const block = element.parentElement.closest("p, li, td, th, dd, figcaption, div");
            const isAlone = block?.textContent.trim() === element.textContent.trim();
            look += ` in ${isAlone ? "nothing" : outer.text}`;
        }
        const mark = isShown && has && !before.has(look) && (here.apart || !now.has(look));
        element.toggleAttribute("data-new-look", mark);
        marked += mark;
        if (isShown && has) now.add(look);
    }
    kept[theme] = new Set([...before, ...now]);
    return [shown, marked];
}"""
