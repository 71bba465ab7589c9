// The canvas's modules by themselves: no server, no picture. Run by test_canvas_modules.py.
import { ahead, edit, post, put } from "/canvas/js/edit.js";
import { guess, heldWords, sendGuess } from "/canvas/js/guess.js";
import { button, ending } from "/canvas/js/base.js";
import { join, leader, leave, share } from "/canvas/js/group.js";
import { picks, steered } from "/canvas/js/keys.js";
import { saysOf } from "/canvas/js/map.js";
import { merged } from "/canvas/js/payload.js";
import { fresh, goalName, held, waits, waitsToStart } from "/canvas/js/state.js";
import { add, freeSlot, number, takeAway } from "/canvas/js/things.js";
import { levelAt, now, place, took, within } from "/canvas/js/time.js";

const is = (found, wanted) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
};
const level = () => ({ tiles: ["#####", "#...#", "#####"], objects: { mouse: [1, 1], cheese: [1, 3] }, colours: {}, tile_colours: {}, looks: {}, settings: {} });

// A canvas of a mouse that walks to the cheese in two steps; what it sends is kept in `sent`.
function canvas(data = {}, state = {}) {
  const s = fresh(), sent = [];
  s.data = {
    version: 1, names: ["mouse", "cheese", "second"], kinds: [{ kind: "mouse" }, { kind: "cheese" }, { kind: "second" }], goal: "cheese",
    level: level(), first: level(), edits: [], steps: 2, there: [[1, 1, 0], [1, 1, 0], [1, 0, 0]],
    places: [[1, 1, 1, 3, 0, 0], [1, 2, 1, 3, 0, 0], [1, 3, 1, 3, 0, 0]], ...data,
  };
  s.send = (message) => sent.push(message);
  s.adding = { value: "second" };
  Object.assign(s, state);
  return { s, sent };
}

export const tests = {
  "what changed makes the next payload of the one that is held, and of no other": () => {
    const sent = { number: 5, base: 4, changed: { steps: 3 }, tails: { paid: [2, 2, null, [1]] }, gone: ["ghost"] };
    const one = { number: 4, steps: 2, paid: [0, 0, 0], ghost: [1, 1], names: ["mouse"] };
    const next = merged(one, sent);
    is([next.number, next.steps, next.paid, "ghost" in next, next.names], [5, 3, [0, 0, 1, 1], false, ["mouse"]]);
    is(one.paid, [0, 0, 0]);
    is([merged(null, sent), merged({ ...one, number: 3 }, sent), merged(next, sent) === next], [null, null, true]);
    is(merged(one, { number: 9, steps: 7 }), { number: 9, steps: 7 });
  },
  "the state holds only what it names": () => {
    let refused = false;
    try { fresh().unheard = 1; } catch { refused = true; }
    is(refused, true);
  },
  "a place lies between two steps, and a jump is none": () => {
    const { s } = canvas({}, { frame: 0.5 });
    is(place(s, 0, s.frame), [1, 1.5]);
    s.data.places[1] = [9, 9, 1, 3, 0, 0];
    is(place(s, 0, s.frame), [1, 1]);
    s.frame = 7;
    is(now(s), 2);
  },
  "the level is that of the last edit until then": () => {
    const late = { ...level(), tiles: ["late"] }, { s } = canvas({ edits: [{ at: 1, level: late }] });
    is([levelAt(s, 0).tiles[0], levelAt(s, 1).tiles[0]], ["#####", "late"]);
  },
  "an edit while it runs is two steps ahead, never past the end; after it the run begins anew": () => {
    is(ahead(canvas({ steps: 9 }, { frame: 3.4, playing: true }).s), 5);
    is(ahead(canvas({ steps: 9 }, { frame: 3.4, playing: false }).s), 3);
    is(ahead(canvas({}, { frame: 1, playing: true }).s), 2);
    is(ahead(canvas({ whole: 50 }, { frame: 2 }).s), 50);
  },
  "one message is on its way, and the newest waits for it": () => {
    const { s, sent } = canvas();
    post(s, { kind: "undo" });
    post(s, { kind: "reset" });
    post(s, { kind: "undo" });
    is(sent, [{ at: 0, kind: "undo", seq: 1 }]);
    is(s.next, { kind: "undo" });
  },
  "an edit is the whole level, at the step where the thing was taken": () => {
    const { s, sent } = canvas({}, { drag: { slot: 1, at: 1 }, frame: 1 });
    is(put(s, 1, [1, 2], 7), true);
    is([sent[0].at, sent[0].gesture, sent[0].moved, sent[0].level.objects.cheese], [1, 7, { 1: [1, 2] }, [1, 2]]);
    is(s.data.level.objects.cheese, [1, 3]); // the payload is not changed
    is(put(s, 1, [1, 9], 7), false);
  },
  "the agent's start moves with it only while the run stands there": () => {
    const started = canvas({}, { frame: 0, playing: false }), under = canvas({}, { frame: 1, playing: true });
    put(started.s, 0, [1, 2]);
    put(under.s, 0, [1, 2]);
    is([started.sent[0].level.objects.mouse, under.sent[0].level.objects.mouse], [[1, 2], [1, 1]]);
  },
  "edits by themselves are undone by themselves": () => {
    const { s, sent } = canvas();
    edit(s, level());
    s.waiting = null;
    edit(s, level());
    is(sent.map((message) => message.gesture), [1, 2]);
  },
  "a run is held for a guess, and goes on with it": () => {
    const { s, sent } = canvas({ hold: true, guesses: ["cheese", "neither"], settled: 2 }, { playing: false, playback: [] });
    is([waits(s), held(s)], [true, true]);
    is(heldWords(s), "The agent waits for your guess; you can still move things.");
    guess(s, "cheese", null);
    is([waits(s), s.playing, heldWords(s)], [false, true, ""]);
    sendGuess(s);
    is(sent, []); // not before it is decided
    s.frame = 2;
    sendGuess(s);
    sendGuess(s);
    is(sent, [{ at: 2, kind: "guess", choice: "cheese", place: null, seq: 1 }]);
  },
  "who steers is not held for a guess, but for another run": () => {
    is(held(canvas({ hold: true }, { steer: true }).s), false);
    is(held(canvas({ wait: true }, { steer: true }).s), true);
    is(heldWords(canvas({ wait: true, waits: "Later." }).s), "Later.");
    is([waitsToStart(canvas({ start: "paused" }).s), waitsToStart(canvas({ start: "paused" }, { begun: true }).s)], [true, false]);
  },
  "what is added takes a slot of its kind that holds nothing": () => {
    const { s, sent } = canvas();
    is([freeSlot(s, "second", [1, 2]), freeSlot(s, "cheese", [1, 2])], [2, undefined]);
    s.frame = 2; // the cheese was eaten: its slot is free, but not for the place where the level has it
    is([freeSlot(s, "cheese", [1, 2]), freeSlot(s, "cheese", [1, 3])], [1, undefined]);
    add(s, [1.7, 2.2]);
    is(sent[0].moved, { 2: [1, 2] });
  },
  "an object is taken away, the agent is not": () => {
    const { s, sent } = canvas();
    takeAway(s, 0);
    is([sent.length, s.note], [0, "A level needs its mouse; it can be moved, not taken away."]);
    takeAway(s, 1);
    is([sent[0].moved, Object.keys(sent[0].level.objects)], [{ 1: [-1, -1] }, ["mouse"]]);
  },
  "keys are the action of all that are pressed, else of the first that has one": () => {
    const keys = { left: 1, right: 2, "left+up": 5, "": 0 };
    const of = (...ways) => steered(keys, new Set(ways));
    is([of("left"), of("up", "left"), of("down", "right"), of()], [1, 5, 2, 0]);
    is(steered({ left: 1 }, new Set()), null);
  },
  "the goal is picked first, the agent last": () => {
    is(picks({ names: ["runner", "saw", "coin"], goal: "coin" }), [2, 1, 0]);
    is(picks({ names: ["runner", "saw", "coin"], goal: "coin", only: "coin" }), [2]);
  },
  "the goal that a map moves is the first of its kind": () => {
    const kinds = [{ kind: "robot" }, { kind: "chest" }, { kind: "chest" }];
    is(goalName({ names: ["robot", "chest1", "chest2"], kinds, goal: "chest" }), "chest1");
    is(goalName({ names: ["mouse", "cheese"], kinds, goal: "cheese" }), "cheese");
  },
  "what a run took can be taken hold of at its end, where only that can be moved": () => {
    const there = [[1, 1, 0], [1, 1, 0], [1, 0, 0]], gone = (frame, only) => { const { s } = canvas({ there, only }, { frame }); return [within(s, 1), took(s, 1)]; };
    is([gone(2, "cheese"), gone(2, undefined), gone(1, "cheese")], [[true, true], [false, false], [true, false]]);
  },
  "what a newer call shows is not ended by an older one": () => {
    const element = {}, ended = [], other = ending({}, () => ended.push("other"));
    const first = ending(element, () => ended.push(1)), second = ending(element, () => ended.push(2));
    first(); // Streamlit ends a call that returned after the next one had begun
    is(ended, []);
    second();
    other();
    is(ended, [2, "other"]);
  },
  "the name of a button holds the words on it": () => {
    const named = (label, title) => button(document.body, label, title, () => {}).getAttribute("aria-label");
    is([named("Steer", "Take the controls"), named("Undo", "Undo the last edit"), named("−1", "One step back")], ["Steer: Take the controls", "Undo the last edit", "One step back"]);
  },
  "runs side by side go in step: the longest leads, unless somebody steers another": () => {
    const [a, b] = [2, 9].map((steps) => canvas({ group: "runs", steps }, { speeds: {}, playing: false }).s), { s: alone } = canvas();
    for (const each of [a, b, alone]) join(each);
    is([leader(a) === b, leader(b) === b, leader(alone) === alone], [true, true, true]);
    a.steer = true;
    is(leader(b) === a, true);
    a.steer = false;
    Object.assign(b, { frame: 5, playing: true, speed: 16 });
    share(b);
    is([a.frame, a.playing, a.speed, a.speeds.value, alone.frame], [2, true, 16, 16, 0]);
    b.data.wait = true; // who waits leads nobody, and is led by nobody
    is(leader(a) === a, true);
    share(a);
    is(b.frame, 5);
    leave(b);
    is(leader(a) === a, true);
  },
  "a setting is short": () => is([number("0.30000000000000004"), number("200"), number("1234.5")], ["0.3", "200", "1230"]),
  "the map says of a place what came there, the likeliest first": () => {
    const { s } = canvas();
    s.overlay = { map: { cells: [[1, 2, [0.25, 0.75, 0]]], names: ["cheese", "corner", "died"] } };
    is(saysOf(s, 1, 2), "Row 1, column 2: corner 75 %, cheese 25 %; Enter shows the run.");
    is(saysOf(s, 0, 0), "Row 0, column 0: the goal cannot stand there.");
  },
};
