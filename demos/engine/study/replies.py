"""What the reply of somebody's model says: yes, no, a refusal, or neither, and then why, where that can be told.

Everything here came from a server and is not to be trusted: nothing is assumed of its form, and nothing in it is run.
"""

import json
import re
from typing import Any, NamedTuple

MOST_WORDS = 160  # letters of a server's own words that are repeated
CLOSING = re.compile(r"</think(?:ing)?>|\[/THINK\]", re.I)  # after what a model thinks before it answers
OPENING = re.compile(r"\s*(?:<think(?:ing)?>|\[THINK\])", re.I)
DECLINES = re.compile(
    r"(?:(?:i(?:'m| am) (?:very )?sorry|sorry|i apologi[sz]e|unfortunately|as an ai\b[^.,]*)[,.;:]? *(?:but )?)?"
    r"(?:i (?:can't|can ?not|could not|couldn't|won't|will not|decline|refuse|must decline)\b"
    r"|i(?:'m| am) (?:unable|not able|not allowed|not comfortable)\b)"
)
NO_MODEL = re.compile(
    r"model_not_found|(?:no such|unknown|invalid) model|model\b.{0,220}\b(?:not found|does not exist|not a valid)",
    re.I | re.S,
)
NO_SYSTEM = re.compile(r"system\b.{0,40}\b(?:role|message|prompt|instruction)|\brole\b.{0,40}\bsystem", re.I)


class Read(NamedTuple):
    """A reply: `said` is yes, no, refused or malformed; `text` its words; `problem` a sentence on what was amiss."""

    said: str
    text: str
    problem: str = ""


def read(found: Any, limit: str) -> Read:
    """What a chat completion says. `limit`: the tokens that it may have, in words.

    Raises AttributeError, LookupError or TypeError where it is no chat completion.
    """
    choice = found.choices[0]
    message = choice.message
    declined = getattr(message, "refusal", None)
    if isinstance(declined, str) and declined.strip():
        return Read("refused", declined)
    thoughts, answer = parted(_text(message.content))
    apart = _text(getattr(message, "reasoning_content", None)) or _text(getattr(message, "reasoning", None))
    if not answer and CLOSING.search(apart):
        apart, answer = parted(apart)
    said, thoughts = said_in(answer), thoughts or apart
    if said != "malformed":
        return Read(said, answer)
    if choice.finish_reason == "content_filter":
        return Read("refused", answer or "[stopped by the server's filter]")
    shown = answer or (f"[thoughts] {thoughts}" if thoughts else "")
    if choice.finish_reason == "length":
        while_ = "" if answer or not thoughts else " while the model was still thinking"
        return Read("malformed", shown, f"The reply was cut off at {limit}{while_}; allow more.")
    if answer:
        return Read("malformed", answer)
    if getattr(message, "tool_calls", None) or getattr(message, "function_call", None):
        return Read("malformed", shown, "The model called a tool instead of answering.")
    if thoughts:
        return Read("malformed", shown, "The model wrote down thoughts and no answer after them.")
    return Read("malformed", "", "The reply holds no text.")


def parted(text: str) -> tuple[str, str]:
    """What a model thought, and what it answered then; the mark that opens its thoughts may be missing."""
    ends = [mark.end() for mark in CLOSING.finditer(text)]
    if ends:
        return text[: ends[-1]].strip(), text[ends[-1] :].strip()
    return (text.strip(), "") if OPENING.match(text) else ("", text.strip())


def said_in(reply: str) -> str:
    """yes or no, where a reply begins with that word and does not hold the other; refused, where it begins to decline.

    Else malformed. Thoughts come before a reply and do not count.
    """
    answer = parted(reply)[1].lower().replace("\u2019", "'")
    words = re.findall(r"[a-z']+", answer)
    other = {"yes": "no", "no": "yes"}
    if words and words[0] in other:
        return "malformed" if other[words[0]] in words else words[0]
    return "refused" if DECLINES.match(answer.lstrip("*_#\"' ")) else "malformed"


def _text(content: Any) -> str:
    """The text of a message, which some servers send in parts; nothing where there is none."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


# --- errors


def words_of(body: Any) -> str:
    """A server's own words on an error, in one line, shortened."""
    while isinstance(body, dict):
        body = next((body[key] for key in ("error", "message", "detail", "msg") if body.get(key)), "")
    text = body if isinstance(body, str) else json.dumps(body) if body else ""
    line = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return line if len(line) <= MOST_WORDS else line[: MOST_WORDS - 3] + "..."


def no_such_model(text: str) -> bool:
    """Whether an error is about a model that the server does not have."""
    return bool(NO_MODEL.search(text))


# --- how a model is asked


class Asking(NamedTuple):
    """How a question is put. `system`: the instruction as a message of its own; `settings`: what else is sent, by name.

    What a server refuses by name is left out, and stands in `refused`.
    """

    instruction: str
    system: bool
    settings: tuple[tuple[str, float], ...]
    refused: tuple[str, ...] = ()

    def messages(self, prompt: str) -> list[dict[str, str]]:
        """The messages that put a question."""
        if self.system:
            return [{"role": "system", "content": self.instruction}, {"role": "user", "content": prompt}]
        return [{"role": "user", "content": f"{self.instruction}\n\n{prompt}"}]

    def without(self, text: str) -> "Asking | None":
        """The same without what an error names as not taken; None where it names nothing that is sent."""
        told = text.lower()
        if self.system and NO_SYSTEM.search(told):
            return self._replace(system=False, refused=(*self.refused, "system message"))
        for name, value in self.settings:
            if name in told or (name == "max_completion_tokens" and "max_tokens" in told):
                left = tuple(each for each in self.settings if each[0] != name)
                if name == "max_tokens" and "max_completion_tokens" in told:
                    return self._replace(settings=(*left, ("max_completion_tokens", value)))
                return self._replace(settings=left, refused=(*self.refused, name))
        return None

    @property
    def limit(self) -> str:
        """The tokens that a reply may have, in words."""
        return next((f"{n:g} tokens" for name, n in self.settings if "tokens" in name), "the server's own limit")

    def in_words(self) -> str:
        """How it was asked, in a line."""
        parts = [f"{name} {value:g}" for name, value in self.settings]
        parts.append(
            f"instruction '{self.instruction}' {'as system message' if self.system else 'before the question'}"
        )
        return "; ".join([*parts, *(f"{name} refused" for name in self.refused)])
