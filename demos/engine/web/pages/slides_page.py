"""For your slides: the pictures a talk needs, each with the command that makes it, its licence and its citation."""

from functools import partial

import streamlit as st

from .... import NAMES
from ...film.slides import alt, pictures
from ...rules.entry import Entry
from .. import loading
from ..html import addresses

LICENCE = "Pictures and films: CC BY 4.0. Code: MIT."


def slides_page() -> None:
    """The pictures of every demo, ready to copy."""
    st.markdown("### For your slides")
    st.markdown(
        f"Each picture is made by the command below it, which the file also holds. {LICENCE} For another width add "
        "`--size 480`, `960` or `1920`; end the name in `.mp4` for a film, in `.png` for its moments."
    )
    titles = {name: loading.entry_of(name).title for name in NAMES}
    name = st.pills(
        "Demo", NAMES, default=NAMES[0], format_func=titles.__getitem__, key="slides-demo", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    demo = loading.entry_of(name)
    _live_figure(demo)
    columns = st.columns(2, gap="large")
    for i, picture in enumerate(pictures(demo)):
        with columns[i % 2], st.container(border=True):
            st.markdown(f"**{picture.title}**")
            if picture.file.is_file():
                st.image(str(picture.file), width="stretch")
                st.caption(f"Alt text: {alt(demo, picture)}")
                data = picture.file.read_bytes()
                st.download_button("Download", data, picture.file.name, key=f"slides-{picture.file.name}")
            else:
                st.caption("Not bundled; the command makes it.")
            st.code(picture.command, language="bash", wrap_lines=True)
    st.markdown("**BibTeX** of the papers behind this demo")
    st.code(addresses.citations(demo), language="bibtex", wrap_lines=True)


def _live_figure(demo: Entry) -> None:
    """One file that is played by whoever opens it."""
    from ..handout.usual import usual_command, usual_figure  # not at the top: torch is slow to load

    with st.container(border=True):
        st.markdown("**A live figure in one file.** The reader acts: no network, no server, in an `<iframe>` too.")
        st.download_button(
            "Live figure (HTML)", partial(usual_figure, demo), f"{demo.name}.html", "text/html",
            key=f"slides-live-{demo.name}", help="It takes some seconds to make.",
        )  # fmt: skip
        st.code(usual_command(demo), language="bash", wrap_lines=True)
