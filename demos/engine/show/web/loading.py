"""What pages load once and keep: agents, thumbnails; warmed in the background while the first page is drawn."""

import gc
import io
import threading
from typing import TYPE_CHECKING, cast

import streamlit as st

from ...rules.edit import draw_level
from ...rules.entry import Entry
from ...rules.world import Demo

if TYPE_CHECKING:  # importing it would import torch
    from ...agents.pretrained import Agent
    from ...agents.writer import Writer
    from ...rules.writing import TextDemo


@st.cache_resource(show_spinner=False)
def demo_of(name: str) -> Demo:
    """The grid world of this name."""
    import demos

    return demos.load(name)


@st.cache_resource(show_spinner=False)
def entry_of(name: str) -> Entry:
    """The demo of this name, of whatever kind."""
    import demos

    return demos.entry(name)


@st.cache_resource(show_spinner=False)
def warm() -> threading.Thread:
    """Import the networks beside the first page."""
    thread = threading.Thread(target=_import_torch, daemon=True)
    thread.start()
    return thread


def _import_torch() -> None:
    import torch  # noqa: F401


def agent_choices(demo: Demo) -> dict[str, str]:
    """Label to what `load_agent` takes; while none is bundled, the latest checkpoint of each recipe."""
    from ...agents.pretrained import agent_names, folder

    names = {name: name for name in agent_names(demo)}
    for recipe in demo.recipes if not names else ():
        ages = sorted((folder(demo) / recipe).glob("s*/ages/*.safetensors"), key=lambda path: int(path.stem))
        if ages:
            names[f"{recipe} in training"] = str(ages[-1])
    return names


@st.cache_resource(show_spinner="Loading the agent (the first time, rules are compiled: about 20 seconds)")
def agent_of(name: str, choice: str) -> "Agent":
    """An agent, with the collector told to leave what is loaded alone: later reruns are then faster."""
    from ...agents.pretrained import load_agent

    agent = load_agent(demo_of(name), choice)
    gc.collect()
    gc.freeze()
    return agent


@st.cache_resource(show_spinner=False)
def writer_of(name: str, agent: str) -> "Writer":
    """A network of a text demo."""
    from ...agents.writer import load_writer

    return load_writer(cast("TextDemo", entry_of(name)), agent)


@st.cache_data(show_spinner=False)
def thumbnail(name: str, choice: str, number: int = 5) -> bytes:
    """A short GIF of one run on a shifted level."""
    from PIL import Image

    from ...agents.run import Run
    from ..picture import scene

    demo = demo_of(name)
    run = Run(demo, agent_of(name, choice), draw_level(demo, demo.shifted, number), 0)
    frames = [Image.fromarray(scene(demo, run.level, run.states[t], 0.5)) for t in range(0, min(run.steps, 90) + 1, 2)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=160, loop=0)
    return out.getvalue()
