"""A panel that puts a demo's probes to a model of the reader's own, at any OpenAI-compatible endpoint."""

import threading
import time
from collections.abc import Sequence
from html import escape

import streamlit as st

from ...rules.palette import BLUE, GREY, PURPLE, VERMILION
from ...study import endpoint
from ...study.endpoint import EndpointError, Row, Survey
from .. import shared
from ..html import bars
from ..html.links import plain

COLOURS = {"right": BLUE, "agrees": VERMILION, "refused": PURPLE, "malformed": GREY}
ABANDONED = 120.0  # s without a page that asks for the progress, after which nothing more is sent
SHOWN_REPLIES = 100
INTRO = (
    "The same questions can be put to a model of yours: one that runs on your machine (Ollama, LM Studio, vLLM) or a "
    "hosted one. This measures how that model behaves on these questions. It says nothing about what it was trained "
    "on, or why.\n\n"
    "Nothing is sent unless you press the button, and then to this address only. The key stays in its field while the "
    "page is open, and is written to no file, link or log. A hosted model may cost money: each request asks for one "
    "short answer, at temperature 0 and with a seed where the server takes them."
)
HOW = (
    "Shares of all replies, with 95 % intervals (Wilson). A reply counts as an answer if it begins with yes or no and "
    "does not hold the other word, and as refused if it begins to decline. Any other is malformed, and is not guessed "
    "at; what a model thinks before its answer does not count. This is one model on these questions."
)


class Job:
    """Probes on their way in a thread of their own. The key is the thread's alone: no attribute holds it."""

    def __init__(
        self, base_url: str, model: str, key: str, probes: Sequence[tuple[str, str, str]], cap: int, tokens: int
    ) -> None:
        """Begin; `tokens`: of a reply. Raises EndpointError where address, model, key or cap cannot be right."""
        address, self.model, secret = endpoint.checked(base_url, model, key, cap)
        self.tokens = tokens
        self.done, self.total = 0, min(cap, len(probes))
        self.asked: Survey | None = None
        self.seen = time.monotonic()
        self._stopped = threading.Event()
        threading.Thread(target=self._run, args=(address, secret, probes, cap), daemon=True).start()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()

    def _run(self, address: str, secret: str, probes: Sequence[tuple[str, str, str]], cap: int) -> None:
        try:
            self.asked = endpoint.ask(
                address, self.model, secret, probes, cap, self._progress, self._over, tokens=self.tokens
            )
        except EndpointError as refused:
            self.asked = Survey((), 0, str(refused))
        except Exception as error:  # its text could hold anything, its kind cannot
            self.asked = Survey((), 0, f"This failed in a way that is not known here ({type(error).__name__}).")

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    def _over(self) -> bool:
        return self._stopped.is_set() or time.monotonic() - self.seen > ABANDONED


def panel(probes: Sequence[tuple[str, str, str]], key: str) -> None:
    """The panel for probes (condition, prompt, answer); `key` begins the names of its widgets and of its state."""
    if shared.shared():
        st.info(shared.NO_ENDPOINT)
        return
    st.markdown(INTRO)
    if not endpoint.installed():
        st.info("This needs the `openai` client, which is not installed: `pip install 'goalmisgen[endpoint]'`.")
        return
    job: Job | None = st.session_state.get(f"{key}/job")
    running = job is not None and job.asked is None
    left, middle, right = st.columns([2, 1.3, 1.3])
    address = left.text_input(
        "Base URL", key=f"{key}/url", placeholder="http://localhost:11434/v1", max_chars=endpoint.MOST_URL,
        disabled=running,
    )  # fmt: skip
    middle.text_input(
        "Model", key=f"{key}/model", placeholder="as the server names it", max_chars=endpoint.MOST_MODEL,
        disabled=running,
    )  # fmt: skip
    secret = right.text_input(
        "Key, if it needs one", key=f"{key}/secret", type="password", autocomplete="off", max_chars=endpoint.MOST_KEY,
        disabled=running,
    )  # fmt: skip
    most = min(endpoint.MOST_REQUESTS, len(probes))
    left, right = st.columns([2, 1])
    number = left.slider(
        "Requests at most, retries included", 1, max(most, 2), min(60, most), key=f"{key}/cap", disabled=running,
        help=f"The three kinds of question come by turns, so each has a third. There are {len(probes)} questions.",
    )  # fmt: skip
    right.number_input(
        "Tokens of a reply at most", 16, endpoint.MOST_TOKENS, endpoint.USUAL_TOKENS, 16, key=f"{key}/tokens",
        disabled=running, help="A model that thinks before it answers needs some thousand.",
    )  # fmt: skip
    if secret and address.startswith("http://") and not address.startswith(("http://localhost", "http://127.0.0.1")):
        st.warning("By http:// the key travels unencrypted; use https:// where the server has it.")
    with st.container(horizontal=True):
        st.button(
            f"Send up to {number} requests", key=f"{key}/send", type="primary", disabled=running,
            on_click=_send, args=(key, probes),
        )  # fmt: skip
        if running and job is not None:
            st.button("Stop", key=f"{key}/stop", on_click=job.stop, icon=":material/stop_circle:")
    refused = st.session_state.get(f"{key}/refused")
    if refused:
        st.warning(refused)
    if running and job is not None:
        st.fragment(_watch, run_every=0.5)(job)
    elif job is not None and job.asked is not None:
        _results(job.asked, key)


def _send(key: str, probes: Sequence[tuple[str, str, str]]) -> None:
    state = st.session_state
    state[f"{key}/refused"] = shared.NO_ENDPOINT if shared.shared() else None
    if shared.shared():
        return
    try:
        address, model, secret = (str(state.get(f"{key}/{name}") or "") for name in ("url", "model", "secret"))
        numbers = (int(state[f"{key}/{name}"]) for name in ("cap", "tokens"))
        state[f"{key}/job"] = Job(address, model, secret, probes, *numbers)
    except EndpointError as refused:
        state[f"{key}/refused"] = str(refused)


def _watch(job: Job) -> None:
    """How far it is; the whole page once it is done."""
    job.seen = time.monotonic()
    st.progress(min(job.done / max(job.total, 1), 1.0), text=f"{job.done} of {job.total} answered")
    if job.asked is not None:
        st.rerun()


def _results(asked: Survey, key: str) -> None:
    if asked.ended:
        st.warning(plain(asked.ended))
    if not asked.rows:
        return
    st.html(table(asked))
    st.caption(HOW)
    st.download_button(
        "Download the answers (CSV)", endpoint.as_csv(asked), "answers.csv", "text/csv", key=f"{key}/csv",
        on_click="ignore",
    )  # fmt: skip
    with st.expander("The replies, word for word"):
        st.html(replies(asked.rows[:SHOWN_REPLIES]))
        if len(asked.rows) > SHOWN_REPLIES:
            st.caption(f"The first {SHOWN_REPLIES} of {len(asked.rows)}; the CSV has all.")


def table(asked: Survey) -> str:
    """What was answered, as an HTML table: a row for each condition. What came from elsewhere is escaped."""
    cell = "padding:4px 12px 4px 0;vertical-align:top;text-align:left"
    heads = (
        "the asker states",
        "correct answer",
        "agrees with the asker",
        "refused",
        "malformed",
        "replies",
        "no reply",
    )
    head = "".join(f'<th scope="col" style="{cell}">{name}</th>' for name in heads)
    body = []
    for found in endpoint.summary(asked.rows):
        kinds = [(found[name], colour) for name, colour in COLOURS.items()]
        told = [bars.bar(r, colour) + bars.rate(r) if r else "-" for r, colour in kinds]
        shares = "".join(f'<td style="{cell};width:18%">{each}</td>' for each in told)
        name = endpoint.CONDITIONS[found["condition"]]
        counts = f'<td style="{cell}">{found["n"]}</td><td style="{cell}">{found["failed"]}</td>'
        body.append(f'<tr><th scope="row" style="{cell};white-space:nowrap">{name}</th>{shares}{counts}</tr>')
    return (
        f"<div><b>{escape(asked.model)}</b>, {len(asked.rows)} questions in {asked.requests} requests"
        f"<br><small>{escape(asked.server)}, {escape(asked.date)}: {escape(asked.settings)}</small>"
        f'<table style="width:100%;border-collapse:collapse;margin-top:6px"><tr>{head}</tr>{"".join(body)}</table>'
        "</div>"
    )


def replies(rows: Sequence[Row]) -> str:
    """What was asked and what came back, as an HTML table. All of it is escaped."""
    cell = "padding:3px 12px 3px 0;vertical-align:top;text-align:left;white-space:pre-wrap;overflow-wrap:anywhere"
    head = "".join(f'<th scope="col" style="{cell}">{name}</th>' for name in ("question", "correct", "said", "reply"))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{cell}">{escape(text)}</td>'
            for text in (row.prompt, row.answer, row.said, row.problem or row.reply)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table style="width:100%;border-collapse:collapse;font-size:.9rem"><tr>{head}</tr>{body}</table>'
