"""A measured share as people say it: "95 of 100", and no 0 and no 100 that is not exact."""

from collections.abc import Sequence
from html import escape

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(rate: float, n: int | None = None) -> str:
    """A share of things that the text names: `95 of 100`, `none of 1,000`, `all 1,000`, `fewer than 1 of 100`.

    `n`: how many were counted; None where the share was worked out, not counted.
    """
    hundred = round(100 * rate)
    if rate <= 0:
        return f"none of {n:,}" if n else "none"
    if rate >= 1:
        return f"all {n:,}" if n else "all"
    if hundred == 0:
        return "fewer than 1 of 100"
    return "more than 99 of 100" if hundred == 100 else f"{hundred} of 100"


def several(shares: Sequence[tuple[float, int]]) -> str:
    """The shares of several networks: `94, 74 and 74 of 100 (three networks)`."""
    each = [in_words(rate, n) for rate, n in shares]
    if all(text.endswith(" of 100") and text[0].isdigit() for text in each):
        each = [text.removesuffix(" of 100") for text in each]
        each[-1] += " of 100"
    return f"{listed(each)} ({number(len(each))} networks)"


def listed(texts: Sequence[str]) -> str:
    """Texts with commas between them, and "and" before the last."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def number(n: int) -> str:
    """A number in letters up to twelve."""
    return NUMBERS[n] if n < len(NUMBERS) else f"{n:,}"


def hovered(text: str, more: str) -> str:
    """A text that tells more where one hovers or taps, in HTML."""
    return f'<abbr tabindex="0" title="{escape(more, quote=True)}">{escape(text)}</abbr>'
