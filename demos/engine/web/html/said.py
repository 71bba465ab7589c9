"""Text as pages show it: numbers filled in, and words explained, both with more where one hovers or has the focus."""

from typing import Any

import streamlit as st

from ...lessons.glossary import explained
from ...lessons.numbers_in_text import FULL, HOVER, filled

STYLE = """<style>
abbr[title] { text-decoration: underline dotted color-mix(in srgb, currentColor 45%, transparent);
  text-underline-offset: 3px; cursor: help; position: relative; }
abbr[title]:focus { outline: 2px solid color-mix(in srgb, currentColor 55%, transparent); outline-offset: 2px; }
abbr[title]:focus::after { content: attr(title); position: absolute; z-index: 99; left: 0; top: calc(100% + 6px);
  width: max-content; max-width: min(19rem, 60vw); padding: 0.5rem 0.7rem; border-radius: 0.4rem;
  background: #26292f; color: #f4f4f4; font-size: 0.875rem; font-weight: 400; font-style: normal; line-height: 1.35;
  text-align: left; white-space: normal; box-shadow: 0 2px 10px #0006; }
@media (max-width: 640px) {
  abbr[title]:focus::after { position: fixed; left: 1rem; right: 1rem; top: auto; bottom: 1rem; width: auto;
    max-width: none; font-size: 1rem; }
}
</style>"""


def say(text: str, full: bool = False, where: Any = st) -> None:
    """Write it; `full`: shares in percent with their intervals, as for researchers; `where`: a container."""
    where.markdown(explained(filled(text, FULL if full else HOVER)), unsafe_allow_html=True)
