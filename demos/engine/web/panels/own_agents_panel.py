"""The agents that somebody trained and kept: to be put on the page, removed, or brought from a file."""

import tempfile
from pathlib import Path

import streamlit as st

from ...agents import own
from ...agents.called import label
from ...rules.offer import OfferError
from ...rules.world import Demo
from ..view import View


def kept(view: View) -> None:
    """The list, and a file to open."""
    demo, names = view.demo, own.own_names(view.demo)
    with st.expander(f"Your agents ({len(names)})"):
        if names:
            chosen, show, away = st.columns([3, 1, 1], vertical_alignment="bottom")
            name = chosen.selectbox("Kept on this machine", names, format_func=view.called, key=view.key("own-name"))
            shown = show.button(
                "Put it on the page", key=view.key("own-show"), on_click=view.choose, args=(name, ""), width="stretch"
            )
            gone = away.button(
                "Remove it", key=view.key("own-remove"), on_click=_remove, args=(view, name), width="stretch"
            )
            if shown or gone:
                st.rerun()  # the rest of the page, too
        file = st.file_uploader(
            "Bring one from a file (safetensors)", "safetensors", key=view.key("own-file"), max_upload_size=1
        )
        if file is not None and st.session_state.get(view.key("own-brought")) != file.file_id:
            try:
                name = brought(demo, file.getvalue())
            except (ValueError, OSError) as refused:
                st.error(str(refused))
                return
            st.session_state[view.key("own-brought")] = file.file_id
            st.rerun()


def brought(demo: Demo, data: bytes) -> str:
    """Keep the agent in a file from elsewhere; its name. Untrusted: it is loaded first.

    Raises AgentError, OfferError and OSError.
    """
    from ...agents.pretrained import Agent, AgentError

    if len(data) > own.MOST_BYTES:
        raise OfferError(f"The file has {len(data):,} bytes; an agent has at most {own.MOST_BYTES:,}.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "brought.safetensors"
        path.write_bytes(data)
        try:
            Agent(demo, path.stem, None, path, None)
        except AgentError as refused:
            raise OfferError(str(refused).replace(f"'{path.name}'", "The file")) from refused
        return own.keep(demo, path)


def _remove(view: View, name: str) -> None:
    own.remove(view.demo, name)
    st.toast(f"Removed: {label(view.demo, name)}")
