"""The prose of a chapter, sentence by sentence, and the numbers that stand in it.

Only what `test_numbers.py` asks of a page; its docstring states the rule.
"""

import ast
import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose

#: Fenced directives whose content is code or nothing; all others hold prose.
NO_PROSE = ("code-cell", "bibliography", "literalinclude", "math", "raw", "eval-rst", "toctree")
#: What makes a whole number a measured quantity, which is a result and never a given.
MEASURED = (
    r"%|percent\b|times\b|M\b|G\b|k\b|million\b|billion\b|thousand\b|Mi?B\b|Gi?B\b|Ki?B\b|ms\b"
    r"|seconds?\b|minutes?\b|[GM]?MACs?\b|[GM]?FLOPs?\b|multiply-adds?\b|operations?\b"
    r"|parameters?\b|weights?\b|activations?\b|points?\b"
)
#: Words before a number that make it a label.
LABEL = (
    r"(?:sections?|tables?|figures?|equations?|chapters?|pages?|pp\.|claims?|questions?|exercises?"
    r"|options?|stages?|steps?|version|Python|CC BY)"
)
NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|[.,]\d)")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
SPOKEN = re.compile(r'aria-label="(.*?)"')
SMALL = 10
KERNELS = {1, 3, 5, 7, 9, 11}


@dataclass(frozen=True)
class Sentence:
    """A line of the source, its roles and formulas taken out.

    ``text`` is what is left of the words, ``formulas`` what stood between dollars, and ``cited``
    says whether the line names its source.
    """

    text: str
    formulas: tuple[str, ...] = ()
    cited: bool = False


@dataclass(frozen=True)
class Chapter:
    """What a source says in words, what its cells compute with, and what they assert."""

    sentences: tuple[Sentence, ...]
    givens: frozenset[float] = frozenset()
    asserted: frozenset[float] = frozenset()


def read(source: str) -> Chapter:
    """Take a chapter's source apart."""
    sentences: list[Sentence] = []
    givens: set[float] = set()
    asserted: set[float] = set()
    description = re.match(r"\A---\n.*?\n---\n", source, re.S)
    if description:
        sentences += [sentence(m[1]) for m in re.finditer(r'description: "(.*)"', description[0])]
        source = source[description.end() :]
    last = sentence("")
    for kind, text in blocks(source):
        if kind == "code-cell":
            # Its tags stand in lines that begin with a colon, or between two lines of dashes.
            untagged = re.sub(r"\A---\n.*?^---$", "", text, flags=re.S | re.M)
            code = "\n".join(line for line in untagged.splitlines() if not line.startswith(":"))
            cell = ast.parse(code)
            givens |= literals(cell)
            asserted |= compared(cell)
            sentences += [sentence(said) for said in questions(cell)]
        elif kind == "text":  # a quotation, if the paragraph before names its source
            sentences += [Sentence(line, cited=last.cited) for line in text.splitlines()]
        elif kind == "prose":
            found = [sentence(line) for line in lines(text) if line.strip()]
            sentences += found
            # A list or a paragraph of several lines introduces what follows as a whole.
            paragraph = text.rstrip().rsplit("\n\n", 1)[-1]
            last = Sentence(paragraph, cited="{cite" in paragraph)
    return Chapter(tuple(sentences), frozenset(givens), frozenset(asserted))


def blocks(source: str) -> Iterator[tuple[str, str]]:
    """Split a source into prose and fenced blocks, these with the name on their fence."""
    prose: list[str] = []
    directives = 0  # of words, and open
    fence: tuple[str, str] | None = None
    inside: list[str] = []
    for line in source.splitlines():
        opening = re.match(r"(`{3,})\{?([\w-]*)", line)
        if fence is None and directives and re.fullmatch(r"`{3,}\s*", line):
            directives -= 1
        elif fence is None and opening:
            name = opening[2]
            if line.startswith(f"{opening[1]}{{") and name not in NO_PROSE:
                directives += 1
                continue  # its fence alone is left out
            yield "prose", "\n".join(prose)
            prose, inside, fence = [], [], (opening[1], name)
        elif fence is not None and line.rstrip() == fence[0]:
            yield fence[1], "\n".join(inside)
            fence = None
        elif fence is not None:
            inside.append(line)
        else:
            prose.append(line)
    yield "prose", "\n".join(prose)


def lines(text: str) -> list[str]:
    """Return the lines of prose, each formula on a line of its own drawn together."""
    text = re.sub(r"\$\$(.*?)\$\$", lambda m: f"${' '.join(m[1].split())}$", text, flags=re.S)
    # Of a drawing, the words are read out and shown; the coordinates are not.
    return TAG.sub(lambda tag: f" {' '.join(SPOKEN.findall(tag[0]))} ", text).splitlines()


def sentence(line: str) -> Sentence:
    """Take roles, links, code and formulas out of a line."""
    cited = bool(re.search(r"\{cite[:\w]*\}`", line))
    line = re.sub(r"^\s*(?:\d+\.|-|\*|#+|:{3,}\{\w+\}(?: \d+\.)?)\s", " ", line)
    formulas = tuple(re.findall(r"\$([^$]+)\$", line))
    line = re.sub(r"\$[^$]+\$", " … ", line)
    line = re.sub(r"\{[\w:]+\}`[^`]*`", " … ", line)
    # Code is code; a number alone between backticks is a number in other type.
    line = re.sub(r"`([^`]*)`", lambda m: m[1] if NUMBER.fullmatch(m[1]) else " … ", line)
    line = re.sub(r"\]\([^)]*\)", "]", line)
    line = re.sub(r"https?://\S+|<a [^>]*>|</a>", " ", line)
    return Sentence(" ".join(line.split()), formulas, cited)


def literals(tree: ast.AST) -> set[float]:
    """Return the numbers that code is written with, those in its strings left out."""
    return {
        float(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and not isinstance(node.value, bool)
    }


def compared(cell: ast.AST) -> set[float]:
    """Return the numbers that a cell asserts: a side of ``==``, or a part of a tuple there."""
    sides = [
        side
        for node in ast.walk(cell)
        if isinstance(node, ast.Assert)
        for test in ast.walk(node.test)
        if isinstance(test, ast.Compare) and all(isinstance(op, ast.Eq) for op in test.ops)
        for side in (test.left, *test.comparators)
    ]
    sides += [one for side in sides if isinstance(side, (ast.Tuple, ast.List)) for one in side.elts]
    return set().union(*(literals(side) for side in sides if isinstance(side, ast.Constant)))


def questions(cell: ast.AST) -> Iterator[str]:
    """Yield what a cell's questions say: the strings of its calls to choice and number."""
    for node in ast.walk(cell):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in {
            "choice",
            "number",
        }:
            continue
        yield from texts(node, {id(k.value) for k in node.keywords if k.arg in {"name", "answer"}})


def texts(tree: ast.AST, skipped: set[int]) -> Iterator[str]:
    """Yield the strings in code, but for those skipped by identity."""
    parts = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for inner in ast.walk(tree):
        if isinstance(inner, ast.JoinedStr):
            # What an f-string computes is computed.
            pieces = [v.value if isinstance(v, ast.Constant) else "…" for v in inner.values]
            yield "".join(map(str, pieces))
        elif (
            isinstance(inner, ast.Constant)
            and isinstance(inner.value, str)
            and id(inner) not in skipped | parts
        ):
            yield inner.value


def read_module(source: str) -> Chapter:
    """Take a module of figures apart: its strings of four words or more, docstrings left out."""
    tree = ast.parse(source)
    unsaid = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    said = [text for text in texts(tree, unsaid) if len(re.findall(r"\b[a-z]{2,}\b", text)) > 3]
    # An expression in Vega's language is code.
    return Chapter(
        tuple(sentence(text) for text in said if "datum." not in text), frozenset(literals(tree))
    )


def unfounded(chapter: Chapter) -> list[tuple[str, str]]:
    """Return each number that nothing on the page vouches for, with its sentence."""
    found = []
    for said in chapter.sentences:
        if said.cited:
            continue
        found += [(number, said.text.strip()) for number in in_words(said.text, chapter)]
        for formula in said.formulas:
            found += [(number, formula) for number in in_formula(formula, chapter)]
    return found


def in_words(text: str, page: Chapter) -> list[str]:
    """Return the numbers of a sentence that are no name, label, year, given or small count."""
    found = []
    named = {float(n) for n in re.findall(r"[A-Za-z]-(\d+)\b", text)}
    for match in NUMBER.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        value = float(match[0].replace(",", ""))
        # In "3 · 3 · 64 multiply-adds" the 64 is a factor, and no quantity.
        factor = re.search(r"[·/]\s?$", before)
        measured = "." in match[0] or (re.match(rf"[\s-]?(?:{MEASURED})", after) and not factor)
        if (
            # ResNet-34; ResNet-18, 34 and 50; top-5; ViT-B/16; and "VGG-19 has 19 layers"
            re.search(r"[A-Za-z][-/](?:\d+(?:,\s|,?\sand\s|,?\sor\s))*$", before)
            or (value in named and not measured)
            or re.match(r"-(?:bit|layer)\b|\sbits\b", after)
            # section 4.1; sections 4.1 and 4.2; claims 11, 25 and 26
            or re.search(rf"\b{LABEL}\s(?:[\d.]+(?:,\s|\sand\s|\sto\s|\sor\s))*$", before, re.I)
            or (1950 <= value < 2050 and re.fullmatch(r"\d{4}", match[0]) and not measured)
            # k × k: a kernel's name
            or (value in KERNELS and re.match(r"\s?[×x]\s?\d", after))
            or (value in KERNELS and re.search(r"\d\s?[×x]\s?$", before))
            or value in page.asserted
        ):
            continue
        if measured or (value > SMALL and value not in page.givens):
            found.append(match[0])
    return found


def in_formula(formula: str, page: Chapter) -> list[str]:
    """Return the numbers of a formula that are neither small nor given, nor in a true equation."""
    plain = formula.replace(r"\,", "").replace("{,}", "")
    if holds(plain):
        return []
    plain = re.sub(r"\\(?:text|mathrm|underbrace)\{[^}]*\}", " ", plain)
    numbers = re.findall(r"(?<![\w.])\d+(?:\.\d+)?", plain)
    return [n for n in numbers if float(n) > SMALL and float(n) not in page.givens]


def holds(formula: str) -> bool:
    """Say whether a formula is an equation of numbers, and true."""
    sides = [value(side) for side in formula.split("=")]
    if len(sides) < 2 or None in sides:
        return False
    return all(isclose(sides[0], side) for side in sides[1:])


OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def value(tex: str) -> float | None:
    """Compute a side of an equation, or return None where it is more than arithmetic."""
    text = re.sub(r"\\(?:cdot|times)|·|×", "*", tex)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    text = text.replace("^", "**").replace("{", "(").replace("}", ")").replace("−", "-").strip()
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None

    def compute(node: ast.expr) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
            return OPERATIONS[type(node.op)](compute(node.left), compute(node.right))
        raise ValueError(ast.dump(node))

    try:
        return compute(tree)
    except ValueError:
        return None
