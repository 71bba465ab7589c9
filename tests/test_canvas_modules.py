"""The canvas's scripts by themselves, in a browser without a server: what they make of a payload and of edits."""

import json
import re
import shutil
from pathlib import Path

import pytest
from goalmisgen.engine.agents.pretrained import load_agent
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.web.components import assets
from goalmisgen.engine.web.components.canvas.difference import difference, merged
from goalmisgen.engine.web.components.canvas.live import Live, apply_edit, payload
from goalmisgen.engine.web.components.canvas.quiet import quiet
from hypothesis import given
from hypothesis import strategies as st
from test_browser import browser, tab  # noqa: F401  (fixtures)
from worlds import SCROLLS, agent_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
SCRIPTS, TESTS = Path(assets.__file__).parent, Path(__file__).with_name("canvas_modules.js")
RUN = """async () => {
  const told = {};
  for (const [name, test] of Object.entries((await import("/tests.js")).tests)) {
    try { test(); told[name] = ""; } catch (error) { told[name] = String(error); }
  }
  return told;
}"""
MERGE = """async ([held, sent]) => (await import("/canvas/js/payload.js")).merged(held, sent)"""


@pytest.fixture
def modules(tab):  # noqa: F811
    """An empty page that has the modules."""

    def answer(route) -> None:
        name = route.request.url.partition("modules.test/")[2]
        path = TESTS if name == "tests.js" else SCRIPTS / name
        kind = "text/javascript" if path.suffix == ".js" else "text/html"
        route.fulfill(body=path.read_text("utf-8") if path.is_file() else "", content_type=kind)

    tab.route("http://modules.test/**", answer)
    tab.goto("http://modules.test/")
    return tab


def test_what_the_modules_compute(modules) -> None:
    told = modules.evaluate(RUN)
    assert len(told) == len(re.findall(r'^  "[^"]+": \(\) =>', TESTS.read_text("utf-8"), re.M)) > 10
    assert not {name: error for name, error in told.items() if error}


def test_a_browser_makes_the_same_payload_of_what_changed(modules) -> None:
    """Drags, a recolouring, an end that comes sooner and later, an undo, a reset, a guess: as a page sends them."""
    demo = SCROLLS
    live = Live.begin(demo, [load_agent(demo, agent_of(demo))], draw_level(demo, demo.shifted, 7), 0)
    spot = [float(x) for x in live.runs[0].level.objects[1]]
    edit = {"kind": "edit", "at": 12, "level": payload(live, 0)["level"]}
    messages = [
        edit | {"moved": {1: [spot[0], spot[1] + 1]}}, edit | {"moved": {1: [spot[0] + 40, 0]}}, {"kind": "undo"},
        {"kind": "take", "at": 5, "action": 0}, {"kind": "guess", "choice": demo.intended}, {"kind": "reset"},
    ]  # fmt: skip
    held, shown = payload(live, 0), quiet(live)
    for seq, message in enumerate(messages, 1):
        apply_edit(live, message | {"seq": seq})
        for before, after in ((held, payload(live, 0)), (shown, quiet(live)), (held, quiet(live)), (shown, held)):
            before, after = json.loads(json.dumps([before, after]))
            sent = {"number": 2, "base": 1} | difference(before, after)
            assert merged(before, sent) == after
            made = modules.evaluate(MERGE, [before | {"number": 1}, sent])
            assert made == after | {"number": 2}
        held, shown = payload(live, 0), quiet(live)


def test_an_answer_is_a_fraction_of_the_whole() -> None:
    demo = SCROLLS
    live = Live.begin(demo, [load_agent(demo, agent_of(demo))], draw_level(demo, demo.shifted, 7), 0)
    before = payload(live, 0)
    spot = [float(x) for x in live.runs[0].level.objects[1]]
    edit = {"seq": 1, "kind": "edit", "at": 12, "level": before["level"], "moved": {1: [spot[0], spot[1] + 1]}}
    apply_edit(live, edit)
    after = payload(live, 0)
    assert len(json.dumps(difference(before, after))) < 0.6 * len(json.dumps(after))
    assert "art" not in difference(before, after)["changed"]


VALUE = st.integers(0, 2) | st.lists(st.integers(0, 2), max_size=4)
PAYLOAD = st.dictionaries(st.sampled_from("abc"), VALUE)


@given(PAYLOAD, PAYLOAD)
def test_what_changed_and_the_old_make_the_new(old: dict, new: dict) -> None:
    assert merged(old, difference(old, new)) == new


def test_modules_import_one_another_in_one_direction() -> None:
    """No module reaches itself through what it imports: any of them can be read and tested from its leaves on."""
    imports = {
        path.stem: set(re.findall(r'from "\./(\w+)\.js"', path.read_text("utf-8")))
        for path in (SCRIPTS / "canvas" / "js").glob("*.js")
    }
    left = dict(imports)
    while leaves := [name for name, needed in left.items() if not needed & set(left)]:
        for name in leaves:
            del left[name]
    assert not left and len(imports) > 10
