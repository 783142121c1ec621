"""A chapter's Markdown as any notebook viewer can show it, without MyST.

MyST's own parser says what is a directive, a role or a link, and what is code; everything else
stays as it is written, to the letter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import urlsplit

from docutils.parsers.rst.directives import admonitions
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline, link
from markdown_it.token import Token
from mdit_py_plugins.myst_role.index import myst_role
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser
from sphinx.errors import ExtensionError
from sphinx.util.nodes import split_explicit_title

from .pictures import drawing
from .predictions import ANSWERS, QUESTIONS, on_paper

# What no viewer shows as a page does, and no chapter needs.
WITHOUT_FORM = {
    "footnote_ref",
    "myst_line_comment",
    "span_open",
    "substitution_block",
    "substitution_inline",
}


@dataclass(frozen=True)
class References:
    """What a chapter's roles and links stand for.

    Attributes
    ----------
    numbers : dict of str to str
        Name -> what stands in the sentence for it.
    resolve : callable
        Maps a role and its text to a label and an address; the role of a plain link is "".
    """

    numbers: dict[str, str]
    resolve: Callable[[str, str], tuple[str, str]]

    def link(self, role: str, text: str) -> str:
        """Return a reference as a link."""
        label, address = self.resolve(role, text)
        return f"[{label}]({address})"

    def role(self, name: str, text: str) -> str:
        """Return what a role says."""
        if name == "glue:text":
            return self.numbers[text]
        if name.partition(":")[0] == "cite":
            return f"[{'; '.join(self.link('cite', key.strip()) for key in text.split(','))}]"
        if name in {"eq", "download", "term"}:
            return self.link(name, text)
        if name == "on-screen":
            return text
        if name in {"sub", "sup", "doc", "ref"}:
            return split_explicit_title(text)[1]
        raise no_form(f"{{{name}}}`{text}`")


def no_form(source: str) -> ExtensionError:
    """Return the error for what has no plain form yet."""
    return ExtensionError(
        f"{source!r} has no form in a chapter's notebook: see plain_markdown in _ext/deeper/"
        "plain.py, and teach it this one."
    )


def chapter_parser(config: MdParserConfig) -> MarkdownIt:
    """Return MyST's parser, whose roles and links keep their source."""
    parser = create_md_parser(config, RendererHTML)
    parser.inline.ruler.at("myst_role", keeping_source(myst_role, "myst_role"))
    parser.inline.ruler.at("link", keeping_source(link, "link_open"))
    return parser


def keeping_source(
    rule: Callable[[StateInline, bool], bool], kind: str
) -> Callable[[StateInline, bool], bool]:
    """Return a rule of the parser that also notes from which text it made a token."""

    def noted(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent:
            token = next(token for token in state.tokens[count:] if token.type == kind)
            token.meta["source"] = state.src[start : state.pos]
        return found

    return noted


def plain_markdown(text: str, parser: MarkdownIt, references: References) -> str:
    """Return Markdown without MyST.

    Parameters
    ----------
    text : str
    parser : MarkdownIt
        See `chapter_parser`.
    references : References

    Raises
    ------
    ExtensionError
        If something has no plain form.
    KeyError
        If a sentence names a number that no cell keeps.
    """
    plain, done = "", 0
    for start, end, new in sorted(replacements(text, parser, references)):
        plain += text[done:start] + new
        done = end
    return plain + text[done:]


def replacements(
    text: str, parser: MarkdownIt, references: References
) -> Iterator[tuple[int, int, str]]:
    """Yield from where to where in a text something else is to stand, and what."""
    line_starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    start = end = place = 0
    for token in parser.parse(text):
        if token.type in WITHOUT_FORM:
            raise no_form(token.content or token.type)
        if token.map:  # a table's cells have none of their own
            start, end = (line_starts[min(line, len(line_starts) - 1)] for line in token.map)
            place = max(place, start)
        source = text[start:end].rstrip("\n")
        if token.type == "myst_target":
            yield start, end, ""
        elif (block := plain_block(token, parser, references)) is not None:
            if token.level:
                raise no_form(source)  # in a list, say, where each line is indented
            yield start, start + len(source), block
        for child in token.children or ():
            if child.type in WITHOUT_FORM:
                raise no_form(child.content or child.type)
            if written := child.meta.get("source"):
                place = text.find(written, place, end)
                if place < 0:
                    raise ExtensionError(f"{written!r} must stand on one line, for notebooks.")
                yield from plain_inline(child, written, place, references)
                # Roles and links may stand in a link's text, so a search goes on within it.
                place += len(written) if child.type == "myst_role" else 1


def plain_block(token: Token, parser: MarkdownIt, references: References) -> str | None:
    """Return what stands in a block's place, or None if it stays as it is."""
    if token.type == "math_block_label":
        return f"$${token.content}$$"
    if token.type == "html_block" and token.content.startswith('<figure class="drawing"'):
        return drawing(token.content)
    if token.type in {"fence", "colon_fence"} and token.info.strip().startswith("{"):
        return plain_box(token, parser, references)
    return None


def plain_box(token: Token, parser: MarkdownIt, references: References) -> str:
    """Return an admonition as a fold, if it is one on the page, else as a quotation."""
    name, _, title = token.info.strip()[1:].partition("}")
    if name in {"predict", "predictions"}:
        body = plain_markdown(token.content.strip(), parser, references)
        if name == "predict":
            return quoted(QUESTIONS, on_paper(body))
        return folded(ANSWERS, body)
    directive = vars(admonitions).get(name.capitalize())
    if directive is None or "class" not in directive.option_spec:
        raise no_form(f"{token.markup}{token.info}")
    # A title is what the general admonition takes; of others it is the name.
    box = parse_directive_text(
        admonitions.Admonition, title.strip() or name.capitalize(), token.content
    )
    if box.warnings:
        raise no_form(f"{token.markup}{token.info}\n{token.content}")
    (title,) = box.arguments
    title = plain_markdown(title, parser, references)
    body = plain_markdown("\n".join(box.body).strip(), parser, references)
    if "dropdown" in box.options.get("class", ()):
        return folded(title, body)
    return quoted(title, body)


def folded(title: str, body: str) -> str:
    """Return a box as a fold."""
    return f"<details><summary><b>{title}</b></summary>\n\n{body}\n\n</details>"


def quoted(title: str, body: str) -> str:
    """Return a box as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in f"**{title}**\n\n{body}".split("\n"))


def plain_inline(
    token: Token, written: str, place: int, references: References
) -> Iterator[tuple[int, int, str]]:
    """Yield what is to stand in the place of a role, or of a link's relative address."""
    end = place + len(written)
    if token.type == "myst_role":
        yield place, end, references.role(token.meta["name"], token.content)
        return
    address = str(token.attrs["href"])
    label_end = written.rfind("](")
    if urlsplit(address).scheme or (address.startswith("#") and label_end != 1):
        return
    if label_end < 0:
        raise no_form(written)
    label, address = references.resolve("", address)
    if label_end == 1:
        yield place, end, f"[{label}]({address})"
    else:
        yield place + label_end, end, f"]({address})"
