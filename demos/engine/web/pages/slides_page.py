"""For your slides: the pictures a talk needs, each with the command that makes it, its licence and its citation."""

import streamlit as st

from .... import NAMES
from ...film.slides import pictures
from .. import loading
from ..html import addresses

LICENCE = "Pictures and films: CC BY 4.0. Code: MIT."


def slides_page() -> None:
    """The pictures of every demo, ready to copy."""
    st.markdown("### For your slides")
    st.markdown(f"Each picture is made by the command below it, which the file also holds. {LICENCE}")
    titles = {name: loading.entry_of(name).title for name in NAMES}
    name = st.pills(
        "Demo", NAMES, default=NAMES[0], format_func=titles.__getitem__, key="slides-demo", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    demo = loading.entry_of(name)
    columns = st.columns(2, gap="large")
    for i, picture in enumerate(pictures(demo)):
        with columns[i % 2], st.container(border=True):
            st.markdown(f"**{picture.title}**")
            if picture.file.is_file():
                st.image(str(picture.file), width="stretch")
                data = picture.file.read_bytes()
                st.download_button("Download", data, picture.file.name, key=f"slides-{picture.file.name}")
            else:
                st.caption("Not bundled; the command makes it.")
            st.code(picture.command, language="bash", wrap_lines=True)
    st.markdown("**BibTeX** of the papers behind this demo")
    st.code(addresses.citations(demo), language="bibtex", wrap_lines=True)
