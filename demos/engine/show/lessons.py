"""Lessons and talks: Markdown with blocks that the app runs, the window presents and the tests execute.

A file begins with front matter between `---` lines (YAML: title, minutes, demo, objectives, citations). Each `##`
heading begins a step. Prose is Markdown; fenced blocks marked `demo`, `predict`, `try`, `measure` or `quiz` hold YAML:

* `demo`: what to show. `demo` (default: the lesson's), `preset` or `probe` (a prepared level by name), or `agent`,
  `levels`, `level_seed`; then `agent`, `seed`, `changes` override what the preset says; `versus` puts a second agent
  beside; `blind: true` hides the agents' names until the step's prediction is made; `controls`: `watch`, `edit`
  (default)
  or `play` (the person acts).
* `predict`: `ask`, `options` (a list), `answer` (the option that came true), `reveal` (said after the guess).
* `try`: `task` and `until` (a condition of `conditions`), ticked off when it holds on the step's current run.
* `measure`: `agents` and `levels`: measured rates to show, from the cards.
* `quiz`: `ask` and `options`, each with `text`, `right: true` or `feedback`, perhaps `misconception`, perhaps a `demo`.

In prose, `{rate: coinrun mix-0:0 distinguishing end}` is replaced by the measured rate with its interval and n, and
`[@key]` by a citation of lessons/references.bib.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from ..content import content

KINDS = ("demo", "predict", "try", "measure", "quiz")
FIELDS = {
    "demo": {
        "demo",
        "preset",
        "probe",
        "agent",
        "levels",
        "level_seed",
        "seed",
        "changes",
        "versus",
        "blind",
        "controls",
    },
    "predict": {"ask", "options", "answer", "reveal"},
    "try": {"task", "until"},
    "measure": {"demo", "agents", "levels"},
    "quiz": {"ask", "options"},
}
MOST_BYTES = 200_000


class LessonError(ValueError):
    """A lesson or talk that cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its kind, one of `KINDS`, and what its YAML says."""

    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One `##` section: prose (Markdown) and blocks, in order."""

    title: str
    parts: tuple[str | Block, ...]

    def block(self, kind: str) -> dict[str, Any] | None:
        """What the first block of this kind says; None where there is none."""
        return next((part.data for part in self.parts if isinstance(part, Block) and part.kind == kind), None)

    @property
    def prose(self) -> str:
        """The Markdown of the step without its blocks."""
        return "\n\n".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True)
class Lesson:
    """A lesson or talk. `name` is its file's stem; `demo` the demo its blocks mean unless they say otherwise."""

    name: str
    title: str
    minutes: int
    demo: str
    objectives: tuple[str, ...]
    citations: tuple[str, ...]
    steps: tuple[Step, ...]


def lesson_paths() -> dict[str, Path]:
    """The bundled lessons by name, in teaching order."""
    return {path.stem: path for path in sorted((content() / "lessons").glob("[0-9][0-9]_*.md"))}


def talk_paths() -> dict[str, Path]:
    """The bundled talks by name, shortest first."""
    return {path.stem: path for path in sorted((content() / "lessons" / "talks").glob("*.md"))}


def load_lesson(path: Path) -> Lesson:
    """Read a lesson or talk. Raises LessonError with a sentence that names the place."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"The lesson '{path.name}' cannot be read: {error}.") from None
    return parse_lesson(text, path.stem)


def parse_lesson(text: str, name: str) -> Lesson:
    """The lesson of such a text. Raises LessonError."""
    if len(text) > MOST_BYTES:
        raise LessonError(f"'{name}' has {len(text)} characters; a lesson has at most {MOST_BYTES}.")
    found = re.match(r"---\n(.*?)\n---\n", text, re.S)
    if not found:
        raise LessonError(f"'{name}' does not begin with front matter between two '---' lines.")
    front = _yaml(found.group(1), f"the front matter of '{name}'")
    missing = {"title", "minutes", "demo"} - front.keys()
    if missing:
        raise LessonError(f"The front matter of '{name}' lacks: {', '.join(sorted(missing))}.")
    return Lesson(
        name, str(front["title"]), int(front["minutes"]), str(front["demo"]), tuple(front.get("objectives") or ()),
        tuple(front.get("citations") or ()), tuple(_steps(text[found.end() :], name)),
    )  # fmt: skip


def _steps(text: str, name: str) -> list[Step]:
    lines = text.splitlines()
    tokens = MarkdownIt().parse(text)
    steps: list[Step] = []
    parts: list[str | Block] = []
    title, since = "", 0

    def prose(until: int) -> None:
        told = "\n".join(lines[since:until]).strip()
        if told:
            parts.append(told)

    def close() -> None:
        if title:
            steps.append(Step(title, tuple(parts)))
        elif parts:
            raise LessonError(f"'{name}' has text before its first '##' heading; give it one.")

    for i, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        if token.type == "heading_open" and token.tag == "h2":
            prose(token.map[0])
            close()
            title, parts, since = tokens[i + 1].content, [], token.map[1]
        elif token.type == "fence" and token.info.strip() in KINDS:
            prose(token.map[0])
            kind = token.info.strip()
            where = f"the {kind} block at line {token.map[0] + 1} of '{name}'"
            data = _yaml(token.content, where)
            unknown = data.keys() - FIELDS[kind]
            if unknown:
                raise LessonError(
                    f"In {where}, '{min(unknown)}' is not known; there are: {', '.join(sorted(FIELDS[kind]))}."
                )
            parts.append(Block(kind, data))
            since = token.map[1]
    prose(len(lines))
    close()
    if not steps:
        raise LessonError(f"'{name}' has no step; begin each with a '##' heading.")
    return steps


def _yaml(text: str, where: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LessonError(f"The YAML of {where} cannot be read: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise LessonError(f"{where[0].upper()}{where[1:]} must be a list of 'name: value' lines.")
    return data
