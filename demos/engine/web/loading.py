"""What pages load once and keep: agents; warmed in the background while the first page is drawn."""

import gc
import threading
from typing import TYPE_CHECKING, cast

import streamlit as st

from ..rules.entry import Entry
from ..rules.world import Demo

if TYPE_CHECKING:  # importing it would import torch
    from ..agents.pretrained import Agent
    from ..agents.run_text import Writer
    from ..rules.text import TextDemo


@st.cache_resource(show_spinner=False)
def demo_of(name: str) -> Demo:
    """The grid world of this name."""
    from ... import grid_entry

    return grid_entry(name)


@st.cache_resource(show_spinner=False)
def entry_of(name: str) -> Entry:
    """The demo of this name, of whatever kind."""
    from ... import entry

    return entry(name)


@st.cache_resource(show_spinner=False)
def warm() -> threading.Thread:
    """Import the networks beside the first page."""
    thread = threading.Thread(target=_import_torch, daemon=True)
    thread.start()
    return thread


def _import_torch() -> None:
    import torch  # noqa: F401


def agent_choices(demo: Demo) -> dict[str, str]:
    """Label to what `load_agent` takes, those of one's own last; while none is bundled, the latest checkpoints."""
    from ..agents.own import own_names
    from ..agents.pretrained import agent_names, folder

    names = {name: name for name in agent_names(demo)}
    for recipe in demo.recipes if not names else ():
        ages = sorted((folder(demo) / recipe).glob("s*/ages/*.safetensors"), key=lambda path: int(path.stem))
        if ages:
            names[f"{recipe} in training"] = str(ages[-1])
    return names | {name: name for name in own_names(demo)}


@st.cache_resource(show_spinner="Loading the agent (the first time, rules are compiled: about 20 seconds)")
def agent_of(name: str, choice: str) -> "Agent":
    """An agent that has run once, with the collector told to leave what is loaded alone: later reruns are then faster.

    Streamlit collects after each of them, and what a first run loads (compiled rules, the network's layers) is much.
    """
    from ..agents.pretrained import load_agent
    from ..agents.run_grid import Run
    from ..rules.edit import draw_level

    demo = demo_of(name)
    agent = load_agent(demo, choice)
    Run(demo, agent, draw_level(demo, agent.config, 0)).describe()
    gc.collect()
    gc.freeze()
    return agent


@st.cache_resource(show_spinner=False)
def writer_of(name: str, agent: str) -> "Writer":
    """A network of a text demo."""
    from ..agents.run_text import load_writer

    return load_writer(cast("TextDemo", entry_of(name)), agent)
