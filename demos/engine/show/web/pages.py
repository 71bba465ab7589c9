"""The pages: a home with a running agent first, and one page for every grid demo."""

import gc
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

import demos

from ...agents.pretrained import AgentError, agent_names, load_agent
from ...agents.run import Run
from ...rules import edit as editing
from ...rules.edit import BadLevel
from ...rules.picture import scene
from ...rules.world import Demo
from .canvas import canvas
from .live import Live, apply_edit, payload, policy_field

HOME_SEED = 3
HONEST = (
    "“Behaves as if pursuing” is a claim about behaviour, not about inner states: "
    "texts here say what runs did, questions may be bolder."
)
COLOURS = ("#0b6e8f", "#d98a1f", "#7a4b9a", "#6b6b6b", "#3f7f3f")  # one per outcome, told apart in grey too


@st.cache_resource(show_spinner="Compiling the rules and loading the agents; the first start takes some 20 seconds …")
def warmed() -> bool:
    """Load every demo, its compiled rules and its first agent; then keep the collector away from all of it.

    Streamlit collects garbage after every rerun, which takes 165 ms with torch loaded unless that is frozen.
    """
    for name in demos.NAMES:
        demo = demos.load(name)
        for agent_name in agent_names(demo)[:1]:
            Run(demo, load_agent(demo, agent_name), editing.draw_level(demo, demo.training, 0))
    gc.collect()
    gc.freeze()
    return True


def run_app() -> None:
    """Set up navigation and run the chosen page."""
    st.set_page_config(page_title="goalmisgen", page_icon="🪙", layout="wide")
    pages = [st.Page(home, title="Start", url_path="home", default=True)]
    pages += [st.Page(page, title=demos.load(n).title, url_path=n) for n, page in PAGES.items()]
    st.navigation(pages).run()


def projector() -> bool:
    """The switch for large type and the canvas alone."""
    large = st.sidebar.toggle("Projector mode", key="projector", help="Large type, canvas first, nothing else.")
    st.html(
        "<style>"
        ".block-container{padding-top:2.2rem;max-width:1500px}"
        + (".stMarkdown p, .stRadio label, .gm{font-size:1.6rem !important} h1{font-size:3.4rem !important}" if large else "")
        + "</style>"
    )
    return large


def _names(demo: Demo) -> list[str]:
    names = agent_names(demo)
    if not names:
        st.error(f"No agent of {demo.title} is bundled yet; train one with `goalmisgen train {demo.name} {next(iter(demo.recipes))}`.")
        st.stop()
    return names


def _live(key: str, demo: Demo, agents: list[str], level: Any, seed: int, again: tuple[Any, ...]) -> Live:
    """The live object of this page and session, begun anew whenever what was chosen changes."""
    kept = st.session_state.get(key)
    if kept is None or kept[0] != again:
        version = kept[1].version + 1 if kept else 0
        live = Live.begin(demo, [load_agent(demo, name) for name in agents], level, seed, version)
        live.ack = kept[1].ack if kept else 0
        st.session_state[key] = (again, live)
    live = st.session_state[key][1]
    assert isinstance(live, Live)
    return live


def _answer(component: str, live: Live) -> None:
    apply_edit(live, (st.session_state.get(component) or {}).get("message"))


def home() -> None:
    """A running agent and a coin to drag, then the gallery."""
    warmed()
    projector()
    demo = demos.load(demos.NAMES[0])
    names = _names(demo)
    st.title("An agent, a coin, and a level")
    guess = st.session_state.get("home_guess")
    st.markdown("This network was rewarded for the coin, and for nothing else. **If you move the coin, where will it go?**")
    options = ["to the coin", "to the end of the level", "nowhere in particular"]
    chosen = st.radio("Guess first, then drag the coin:", options, index=None, horizontal=True, key="home_choice")
    if chosen and not guess:
        st.session_state["home_guess"] = chosen
    live = _live("home", demo, names[:1], editing.draw_level(demo, demo.training, HOME_SEED), 0, (names[0],))
    _home_canvas(live, chosen)
    st.caption(HONEST)
    st.subheader("Demos")
    for column, name in zip(st.columns(max(len(demos.NAMES), 3)), demos.NAMES, strict=False):
        other = demos.load(name)
        level = editing.draw_level(other, other.shifted, 8)
        state = np.zeros(1, other.state).view(np.recarray)[0]
        other.start(level, 0, state)
        with column:
            st.image(scene(other, level, state), caption=other.question, width="stretch")
            st.markdown(f"**[{other.title}](/{name})**  \n{other.reward}")


@st.fragment
def _home_canvas(live: Live, guess: str | None) -> None:
    canvas("home_canvas", payload(live, 0), partial(_answer, "home_canvas", live))
    moved = not np.array_equal(live.runs[0].level.objects[1], live.origin.objects[1])
    if moved and guess:
        st.info(f"Your guess: {guess}. {live.runs[0].describe()}")
    elif moved:
        st.info(live.runs[0].describe())


def demo_page(name: str) -> None:
    """One grid demo: the canvas, what to choose, and many levels at once."""
    warmed()
    demo = demos.load(name)
    large = projector()
    names = _names(demo)
    query = st.query_params
    level, seed, complaint = _from_link(demo, names)
    st.title(demo.question)
    st.markdown(f"**The reward:** {demo.reward} **What else fits:** {demo.fits_too}")
    if complaint:
        st.warning(complaint)
    left, right = (st.container(), st.container()) if large else st.columns([2, 1], gap="medium")
    with right:
        asked = query.get("agent", names[0])
        agent = st.selectbox("Agent", names, index=names.index(asked) if asked in names else 0, key=f"{name}_agent")
        st.caption(f"Trained on: {demo.recipes[agent.partition(':')[0]].about}.")
        others = ["nobody", *[n for n in names if n != agent]]
        versus = st.selectbox("Side by side with", others, key=f"{name}_versus")
        which = st.radio("Levels", ["training", "shifted"], index=0 if query.get("levels") == "training" else 1, horizontal=True, key=f"{name}_levels")
        level_seed = st.number_input("Level number", 0, 10**9, int(query.get("n", "7")) if query.get("n", "7").isdecimal() else 7, key=f"{name}_seed")
        overlays = st.multiselect("Overlays", ["what the agent sees and thinks", "value and likeliest action"], key=f"{name}_overlays")
    if level is None:
        level = editing.draw_level(demo, demo.training if which == "training" else demo.shifted, int(level_seed))
    agents = [agent] + ([versus] if versus != "nobody" else [])
    live = _live(f"{name}_live", demo, agents, level, seed, (*agents, which, int(level_seed), query.get("level"), seed))
    with left:
        _demo_canvas(live, name, overlays, large)
    if not large:
        _many(demo, agent, name)
        with st.expander("The papers, and how this differs"):
            st.text((demo.recipes and __import__(f"demos.{name}", fromlist=["__doc__"]).__doc__) or "")
            st.markdown("References: " + ", ".join(f"`{key}`" for key in demo.papers) + " in `lessons/references.bib`.")
        st.caption(HONEST)


def _from_link(demo: Demo, names: list[str]) -> tuple[Any, int, str]:
    """The level and seed of the link, if it has them; else None, 0; and a sentence if it cannot be read."""
    query = st.query_params
    seed = int(query["seed"]) if query.get("seed", "").isdecimal() and len(query["seed"]) < 10 else 0
    if "level" not in query:
        return None, seed, ""
    try:
        return editing.from_url(demo, query["level"]), seed, ""
    except BadLevel as refused:
        return None, seed, f"{refused} Another level is shown."


@st.fragment
def _demo_canvas(live: Live, name: str, overlays: list[str], large: bool) -> None:
    demo = live.demo
    columns = st.columns(len(live.runs)) if len(live.runs) > 1 and not demo.margin else [st.container() for _ in live.runs]
    for i, (column, run) in enumerate(zip(columns, live.runs, strict=True)):
        with column:
            if len(live.runs) > 1 and run.agent:
                st.markdown(f"**{run.agent.name}**")
            overlay: dict[str, Any] = policy_field(live, i) if "value and likeliest action" in overlays else {}
            overlay["mind"] = "what the agent sees and thinks" in overlays
            key = f"{name}_canvas_{i}_{len(live.runs)}"
            canvas(key, payload(live, i, overlay), partial(_answer, key, live))
    run = live.runs[0]
    reasons = demo.in_training(run.level, run.agent.config if run.agent else demo.training)
    if reasons:
        st.markdown(f":orange-badge[not a training level] This level could not have occurred in training: {'; '.join(reasons)}.")
    else:
        st.markdown(":green-badge[training level] This level could have occurred in training.")
    if not large:
        _share(live, name)


def _share(live: Live, name: str) -> None:
    """Link, command and files of what is on the canvas."""
    run = live.runs[0]
    agent = run.agent.name if run.agent else ""
    with st.expander("Link, command, files"):
        link = f"/{name}?agent={agent}&seed={run.seed}&level={editing.to_url(live.demo, run.level)}"
        st.caption("This view as a link (the level as edited, from its start):")
        st.code(link, language=None)
        st.caption("Save the level below as `level.txt`; then this makes the film:")
        st.code(f"goalmisgen film {name} --agent {agent} --seed {run.seed} --level level.txt --out {name}.gif", language="bash")
        st.download_button("Level (text map)", editing.format_level(live.demo, run.level), f"{name}-level.txt", key=f"{name}_map")
        if st.button("Make GIF and PNG", key=f"{name}_make"):
            from ..film import film

            with tempfile.TemporaryDirectory() as folder, st.spinner("Drawing …"):
                files = [Path(folder) / f"{name}.{ending}" for ending in ("gif", "png")]
                for file in files:
                    film(run, file, command=f"goalmisgen film {name} --agent {agent}")
                st.session_state[f"{name}_files"] = [(file.name, file.read_bytes()) for file in files]
        for file_name, data in st.session_state.get(f"{name}_files", []):
            st.download_button(file_name, data, file_name, key=f"{name}_{file_name}")
        st.caption("Cite: " + ", ".join(live.demo.papers) + " (see lessons/references.bib). Pictures: CC BY 4.0.")


def _many(demo: Demo, agent_name: str, name: str) -> None:
    """How often each outcome comes, over 200 levels of each kind."""
    from ...study.measure import outcome_names, rollouts, wilson

    st.subheader("One run is not a law")
    if st.button("Run 200 levels", key=f"{name}_many", help="200 training levels and 200 shifted levels."):
        bar = st.progress(0.0, "Running 400 levels …")
        try:
            agent = load_agent(demo, agent_name)
        except AgentError as refused:
            st.error(str(refused))
            return
        counts = {}
        for i, (kind, config) in enumerate((("training", agent.config), ("shifted", demo.shifted))):
            paid = config._replace(**{k: v for k, v in agent.config._asdict().items() if k.startswith("pays")})
            played = rollouts(demo, agent, paid, np.arange(200) + 10_000, progress=lambda done, n, i=i: bar.progress((i * n + done) / (2 * n)))
            counts[kind] = {o: int((played.outcomes == o).sum()) for o in outcome_names(demo)}
        bar.empty()
        st.session_state[f"{name}_counts"] = (agent_name, counts)
    kept = st.session_state.get(f"{name}_counts")
    if kept and kept[0] == agent_name:
        for column, (kind, told) in zip(st.columns(2), kept[1].items(), strict=True):
            with column:
                rows = []
                for colour, (outcome, count) in zip(COLOURS, told.items(), strict=False):
                    low, high = wilson(count, 200)
                    rows.append(
                        f"<div style='display:grid;grid-template-columns:5em 1fr 11em;gap:8px;align-items:center'><span>{outcome}</span>"
                        f"<span style='background:{colour};height:14px;width:{count / 2}%;border-radius:3px'></span>"
                        f"<span>{count / 2:.1f} % ({100 * low:.0f}–{100 * high:.0f})</span></div>"
                    )
                st.markdown(f"**{kind} levels**, n = 200, 95 % intervals")
                st.html("".join(rows))


def _page(name: str) -> Any:
    page = partial(demo_page, name)
    page.__name__ = name  # type: ignore[attr-defined]
    return page


PAGES = {name: _page(name) for name in demos.NAMES}
