// Hold for a guess: the agent waits until somebody says where it will end. Python judges the guess when the run is there.
import { button, element } from "./base.js";
import { post } from "./edit.js";
import { share } from "./group.js";
import { held, waits } from "./state.js";

export function receiveGuess(s, renewed) {
  if (renewed || s.holding !== !!s.data.hold) s.guess = null;
  if (s.data.hold && !s.holding) s.frame = 0;
  if (s.data.wait && !s.waitedFor) s.frame = Math.min(s.frame, s.data.since);
  if (s.waitedFor && !s.data.wait) { s.playing = true; share(s); }
  s.holding = !!s.data.hold;
  s.waitedFor = !!s.data.wait;
  s.guessBar.style.display = s.holding ? "" : "none";
  const key = s.holding ? s.data.guesses.join() : "";
  if (s.holding && s.guessFor !== key) {
    s.guessFor = key;
    s.guessBar.replaceChildren();
    element("b", {}, s.guessBar, "Where will it end?");
    s.guessButtons = s.data.guesses.map((option, i) => button(s.guessBar, `${i + 1} ${option}`, `Guess: ${i + 1} ${option}`, () => guess(s, option, null)));
    element("span", {}, s.guessBar, "or click the place");
  }
  showGuess(s);
}

export function showGuess(s) {
  (s.guessButtons || []).forEach((b, i) => {
    b.disabled = !waits(s);
    b.setAttribute("aria-pressed", !!s.guess && s.guess.choice === s.data.guesses[i]);
  });
  for (const control of s.playback) control.disabled = held(s);
}

export function guess(s, choice, place) {
  s.guess = { choice, place, sent: false };
  s.playing = true;
  s.note = "";
  showGuess(s);
}

export function sendGuess(s) {
  if (!s.guess || s.guess.sent || s.waiting !== null || s.frame < s.data.settled) return;
  s.guess.sent = true;
  post(s, { kind: "guess", choice: s.guess.choice, place: s.guess.place });
}

export function heldWords(s) {
  if (s.drag && s.drag.live && s.drag.at !== undefined && s.drag.last && s.playing) return "The run waits while you hold this.";
  if (s.data.wait && s.data.waits) return s.data.waits;
  if (s.data.wait) return "It starts when the other run was guessed.";
  return waits(s) ? "The agent waits for your guess; you can still move things." : "";
}

