"""The documentation as the tests read it: its code blocks, what they say they print, its links and headings."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
EXAMPLES = tuple(sorted((ROOT / "docs" / "examples").glob("*.py")))

_FENCE = re.compile(r"\s*```(?P<language>\w*)")
_PRINT = re.compile(r"\s*(?:print|show)\(.*\)(?:  # (?P<output>.*))?")
_COMMENT = re.compile(r"\s*# (?P<output>.*)")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"#+ (?P<text>.*)")


@dataclass(frozen=True)
class Block:
    """A fenced block of code and the number of its first line."""

    language: str
    first_line: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def blocks(document: Path, language: str) -> list[Block]:
    """The document's blocks of one language, in order."""
    return [block for block in fences(document) if block.language == language]


def fences(document: Path) -> list[Block]:
    """The document's blocks, in order."""
    found: list[Block] = []
    opened: tuple[str, int] | None = None
    lines = document.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        fence = _FENCE.fullmatch(line)
        if fence is None:
            continue
        if opened is None:
            opened = (fence["language"], number + 1)
        else:
            found.append(Block(opened[0], opened[1], tuple(lines[opened[1] : number])))
            opened = None
    return found


def program(document: Path) -> str:
    """All Python of a document as one program, each line at the number that it has in the document."""
    lines: list[str] = []
    for block in blocks(document, "python"):
        lines += [""] * (block.first_line - len(lines)) + list(block.lines)
    return "\n".join(lines)


def stated_output(document: Path) -> list[str]:
    """What the document says that its calls of print or show print: behind them, or in the comments right below."""
    stated: list[str] = []
    for block in blocks(document, "python"):
        below = False
        for line in block.lines:
            shown = _PRINT.fullmatch(line)
            comment = _COMMENT.fullmatch(line)
            if shown is not None:
                below = shown["output"] is None
                stated += [] if below else [shown["output"]]
            elif comment is not None and below:
                stated.append(comment["output"])
            else:
                below = False
    return stated


def links(document: Path) -> list[str]:
    """The targets of the document's links."""
    return [found["target"] for found in _LINK.finditer(document.read_text(encoding="utf-8"))]


def anchors(document: Path) -> set[str]:
    """The names by which a link reaches the document's headings."""
    headings = [
        found["text"]
        for line in document.read_text(encoding="utf-8").splitlines()
        if (found := _HEADING.fullmatch(line))
    ]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sections(document: Path) -> dict[str, str]:
    """The document's third-level sections, by the name in backticks that heads each."""
    text = document.read_text(encoding="utf-8")
    parts = re.split(r"^### `([^`]+)`.*$", text, flags=re.MULTILINE)
    return {name: body.split("\n## ")[0] for name, body in zip(parts[1::2], parts[2::2], strict=True)}
