// Hold for a guess: the agent waits until somebody says where it will end. Python judges the guess when the run is there.

function waits(s) { return !!s.data.hold && !s.guess && !s.steer; }

function held(s) { return waits(s) || !!s.data.wait; }

function receiveGuess(s, renewed) {
  if (renewed || s.holding !== !!s.data.hold) s.guess = null;
  if (s.data.hold && !s.holding) s.frame = 0;
  if (s.data.wait && !s.waitedFor) s.frame = Math.min(s.frame, s.data.since);
  if (s.waitedFor && !s.data.wait) s.playing = true;
  s.holding = !!s.data.hold;
  s.waitedFor = !!s.data.wait;
  s.guessBar.style.display = s.holding ? "" : "none";
  const key = s.holding ? s.data.guesses.join() : "";
  if (s.holding && s.guessFor !== key) {
    s.guessFor = key;
    s.guessBar.replaceChildren();
    element("b", {}, s.guessBar, "Where will it end?");
    s.guessButtons = s.data.guesses.map((option, i) => s.button(s.guessBar, `${i + 1} ${option}`, `Guess: ${option}`, () => guess(s, option, null)));
    element("span", {}, s.guessBar, "or click the place");
  }
  showGuess(s);
}

function showGuess(s) {
  (s.guessButtons || []).forEach((b, i) => {
    b.disabled = !waits(s);
    b.setAttribute("aria-pressed", !!s.guess && s.guess.choice === s.data.guesses[i]);
  });
  for (const control of s.playback) control.disabled = held(s);
}

function guess(s, choice, place) {
  s.guess = { choice, place, sent: false };
  s.playing = true;
  s.note = "";
  showGuess(s);
}

function sendGuess(s) {
  if (!s.guess || s.guess.sent || s.waiting !== null || s.frame < s.data.settled) return;
  s.guess.sent = true;
  post(s, { kind: "guess", choice: s.guess.choice, place: s.guess.place });
}

function heldWords(s) {
  if (s.data.wait) return "It starts when the other run was guessed.";
  return waits(s) ? "The agent waits for your guess; you can still move things." : "";
}

function click(s, [row, col]) {
  if (waits(s)) guess(s, "", [row - 0.5, col - 0.5]);
  else if (mapped(s)) replay(s, Math.floor(row), Math.floor(col));
}
