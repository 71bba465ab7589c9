"""What one browser tab shows of a grid world: its runs, and what brought them there."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from ..agents.called import label
from ..agents.run_grid import Run
from ..agents.run_spec import MOST_CHARACTERS, Given, parse_run
from ..rules import level_files
from ..rules.edit import BadLevel, draw_level
from ..rules.level import copied
from ..rules.world import Demo, Preset
from . import loading
from .components.canvas.live import Live
from .html import addresses
from .panels import age_panel

if TYPE_CHECKING:  # importing it would import torch
    from ..agents.pretrained import Agent

MOST_NUMBER = (1 << 40) - 1  # below it lie the measured levels, from it on those of trainings
NOTHING, TRAINING_LEVEL = "nothing", "its training level"  # choices of what runs beside


@dataclass(frozen=True)
class Picks:
    """What the controls say. `agent` is named with its age, where that is not the last."""

    agent: str
    beside: str
    levels: str
    number: int
    seed: int
    mind: bool
    field: bool
    map: bool
    hold: bool

    @property
    def where(self) -> tuple[str, int]:
        """The level they ask for."""
        return self.levels, self.number

    @property
    def who(self) -> tuple[str, str, int]:
        """The runs they ask for in it."""
        return self.agent, self.beside, self.seed


@dataclass
class View:
    """The page of one demo. What a control holds is Streamlit's, under `key`; all else is here.

    `live`: the runs on the page, made for `picks`; `beside`: the run on the agent's training level; `config`: of the
    levels; `linked`: what to begin with, from a link or a preset; `ends`: how the run of the link ended where it was
    made; `prepared`: the preset on the page, and what the controls said then; `told`: a sentence for the page, once;
    `given`: a saved run to go on from; `counted`: what many levels gave, by agent; `map`: the outcome map, and what it
    was made for; `labels`: what agents are called, which is looked up once, since the files tell it;
    `puzzle`: the address of the last puzzle that was made here.
    """

    demo: Demo
    live: Live | None = None
    picks: Picks | None = None
    beside: Live | None = None
    config: Any = None
    opened: bool = False
    linked: Given | None = None
    ends: str = ""
    prepared: tuple[str, tuple[Any, ...]] | None = None
    notice: str = ""
    given: Live | None = None
    counted: dict[str, dict[str, Any]] = field(default_factory=dict)
    map: tuple[Any, Any] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    puzzle: str = ""

    @classmethod
    def of(cls, demo: Demo) -> "View":
        """The view of this session."""
        found: View = st.session_state.setdefault(f"{demo.name}-view", cls(demo))
        return found

    def key(self, control: str) -> str:
        """The key of a control of the page."""
        return f"{self.demo.name}-{control}"

    def says(self, control: str) -> Any:
        """What a control says; None before it was shown."""
        return st.session_state.get(self.key(control))

    def set(self, **controls: Any) -> None:
        """Set controls; before they are shown."""
        for control, value in controls.items():
            st.session_state[self.key(control)] = value

    def called(self, agent: str) -> str:
        """What people call an agent, or another choice of a list of them."""
        if agent not in self.labels:
            self.labels[agent] = label(self.demo, agent)
        return self.labels[agent]

    def keep(self, control: str) -> None:
        """Keep what a control says while it is not shown; Streamlit forgets that of controls which a run leaves out."""
        if self.says(control) is not None:
            self.set(**{control: self.says(control)})

    def choose(self, agent: str, steps: str) -> None:
        """Set the page's agent, and its age where one is named."""
        self.set(agent=agent)
        st.session_state.pop(self.key("age"), None)
        if steps:
            self.set(age=int(steps))

    def age(self, agent: str) -> str:
        """`@STEPS` where the slider of ages says another age than that of the bundled agent, else nothing."""
        steps, kept = self.says("age"), age_panel.ages(self.demo, agent)
        if steps is None:
            return ""
        if steps not in kept:
            del st.session_state[self.key("age")]
            return ""
        return "" if steps == kept[-1] else f"@{steps}"

    # --- what is shown next

    def prepare(self, preset: Preset) -> None:
        """Set controls and level to a prepared one; a sentence for the page where that cannot be done."""
        from ..agents.pretrained import AgentError, load_agent
        from ..study.levels import prepared_level

        agent, _, steps = preset.agent.partition("@")
        try:
            self.linked = Given(prepared_level(self.demo, preset, load_agent(self.demo, preset.agent).config))
        except (AgentError, BadLevel) as refused:
            self.notice = f"'{preset.title}' cannot be shown: {refused}"
            return
        self.choose(agent, steps)
        self.set(levels="shifted" if preset.shifted else "training", number=preset.level_seed, seed=0)
        self.prepared, self.picks = (preset.name, self._controls()), None

    @property
    def preset(self) -> str:
        """The name of the prepared level on the page; empty once a control says otherwise."""
        return self.prepared[0] if self.prepared and self.prepared[1] == self._controls() else ""

    def _controls(self) -> tuple[Any, ...]:
        """What the controls say of agent, level and run."""
        return tuple(self.says(control) for control in ("agent", "levels", "number", "seed"))

    def go_on(self, run: Run) -> None:
        """Put a saved run on the page, with its agent, its level and its edits."""
        base, _, steps = (run.actor or "").partition("@")
        self.choose(base, steps)
        levels = "shifted" if self.demo.in_training(run.first, run.config) else "training"
        self.set(levels=levels, number=max(int(run.first.seed), 0), seed=run.seed)
        self.given = Live(self.demo, [run], copied(run.first), self.live.version + 1 if self.live else 0)
        self.given.ack = self.live.ack if self.live else 0

    def open_link(self, choices: list[str]) -> None:
        """Set the controls from the page's link: once, and again where another page links to a prepared level.

        Untrusted: what cannot be read is named and left out.
        """
        query = st.query_params
        if self.opened and "preset" not in query:
            return
        self.opened = True
        agent, _, steps = query.get("agent", "").partition("@")
        if agent in choices and (not steps or steps in map(str, age_panel.ages(self.demo, agent))):
            self.choose(agent, steps)
        elif "agent" in query:
            st.warning(f"The link names an agent that is not here; there are: {', '.join(choices)}.")
        beside = query.get("beside", "")
        if beside in (TRAINING_LEVEL, *choices) and beside != (self.says("agent") or choices[0]):
            self.set(**{"beside-choice": beside})
        if query.get("levels") in ("training", "shifted"):
            self.set(levels=query["levels"])
        for control in ("seed", "number"):
            text = query.get(control, "")
            if text.isascii() and text.isdigit() and int(text[:20]) <= MOST_NUMBER:
                self.set(**{control: int(text)})
        try:
            if "run" in query:
                self.linked = parse_run(self.demo, query["run"][: MOST_CHARACTERS + 1])
            elif "level" in query:  # as links named a level before they named a run
                self.linked = Given(level_files.from_url(self.demo, query["level"]))
        except BadLevel as refused:
            self.notice = f"This link cannot be followed. {refused}"
        self.ends = query.get("ends", "")[:40]
        if "preset" in query:
            every = {each.name: each for each in (*self.demo.presets, *self.demo.probes)}
            if query["preset"] in every:
                self.prepare(every[query["preset"]])
            else:
                st.warning(f"The link names a prepared level that is not here; there are: {', '.join(every)}.")

    def roll(self, choices: dict[str, str], picks: Picks) -> Live:
        """The runs on the page, rolled anew where a control changed; edits of the level outlive a change of agent."""
        from ..study.levels import shifted_config

        base, at, steps = picks.agent.partition("@")
        agents = [loading.agent_of(self.demo.name, choices[base] + at + steps)]
        if picks.beside in choices:
            agents.append(loading.agent_of(self.demo.name, choices[picks.beside]))
        self.config = agents[0].config if picks.levels == "training" else shifted_config(self.demo, agents[0].config)
        before = self.picks
        if self.given is not None:
            self.live, self.given, self.beside = self.given, None, None
        elif self.live is None or before is None or (before.where, before.who) != (picks.where, picks.who):
            old, kept = self.live, before is not None and before.where == picks.where
            given = Given(old.runs[0].level) if kept and old else self.linked
            if not kept:
                self.linked = None
            if given is None:
                given = Given(draw_level(self.demo, self.config, picks.number))
            self.live = self._begun(agents, given, picks.seed, old.version + 1 if old else 0)
            if old:
                self.live.ack, self.live.tally = old.ack, old.tally
                self.live.origin = old.origin if kept else self.live.origin
            self.beside = None
        self.picks = picks
        if picks.beside == TRAINING_LEVEL and self.beside is None:
            level = draw_level(self.demo, agents[0].config, picks.number)
            self.beside = Live.begin(self.demo, agents[:1], level, picks.seed, stops=True)
        return self.live

    def _begun(self, agents: "list[Agent]", given: Given, seed: int, version: int) -> Live:
        """The agents in what is given; where it comes of a link, a sentence says so if it goes another way here."""
        try:
            live = Live.begin(self.demo, agents, given, seed, version, stops=True)
        except BadLevel as refused:
            self.notice = f"The run of this link goes another way here: {refused} Shown is its level from the start."
            live = Live.begin(self.demo, agents, given.level, seed, version, stops=True)
        came, self.ends, said = addresses.ends(live.runs[0]), "", self.ends
        if said and said != came and not self.notice:
            self.notice = (
                f"This is another run than that of the link, which ended with {said.replace(':', ' at step ')}: "
                "the agent, the rules or the machine's arithmetic are not the same here."
            )
        return live
