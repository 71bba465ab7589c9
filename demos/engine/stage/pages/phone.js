// The page of a phone: the question that is on, its options, and what became of the vote.
// It asks for the state every so often; a phone that slept or lost the network asks again and has its vote back.

const EVERY = 1500; // ms
const AGAIN = 3000; // ms after no answer
const part = (id) => document.getElementById(id);
let state = { name: "", state: "nothing" };
let wanted = null; // the option sent and not yet answered
let trouble = "";
let timer = 0;

function said() {
  if (trouble) return trouble;
  if (state.state === "nothing") return "Keep this page open. The next question appears here.";
  const voted = state.mine !== null;
  if (state.state === "open")
    return wanted !== null ? "Sending …" : voted ? "Your vote counts. You can change it until the vote closes." : "Tap your answer.";
  if (state.state === "closed") return voted ? "The vote is closed. Watch the run." : "The vote is closed.";
  if (state.answer === null) return voted ? "Thank you for your vote." : "The vote is closed.";
  if (!voted) return "You did not vote on this one.";
  return state.mine === state.answer ? "You called it." : "Not this time.";
}

function button(text, number) {
  const made = document.createElement("button");
  const name = document.createElement("span");
  name.textContent = text;
  made.append(name);
  made.addEventListener("click", () => vote(number));
  return made;
}

function draw() {
  const options = part("options");
  part("title").textContent = state.title ?? "";
  part("ask").textContent = state.state === "nothing" ? "No question at the moment" : state.ask;
  const names = state.options ?? [];
  if (options.dataset.of !== state.name + names.join("\n")) {
    options.dataset.of = state.name + names.join("\n");
    options.replaceChildren(...names.map(button));
  }
  [...options.children].forEach((each, number) => {
    const mine = (wanted ?? state.mine) === number;
    const right = state.state === "revealed" && state.answer === number;
    each.disabled = state.state !== "open";
    each.setAttribute("aria-pressed", String(mine));
    each.className = right ? "right" : "";
    each.dataset.mark = [right ? "right" : "", mine ? "your vote" : ""].filter(Boolean).join(" · ");
  });
  if (part("said").textContent !== said()) part("said").textContent = said();
  const right = state.state === "revealed" && state.mine !== null && state.mine === state.answer;
  part("said").className = trouble ? "trouble" : right ? "right" : "";
}

async function ask(path, init) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout?.(5000), ...init });
  const data = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(data.error), { status: answer.status });
  return data;
}

async function look() {
  clearTimeout(timer);
  if (document.hidden) return; // it looks again when somebody looks at it
  let wait = EVERY;
  try {
    const found = await ask("/state");
    if (wanted === null) state = found;
    trouble = "";
  } catch (error) {
    wait = AGAIN;
    trouble = error.status === 429 ? "" : "No connection. Trying again …";
  }
  draw();
  clearTimeout(timer);
  timer = setTimeout(look, wait * (0.85 + 0.3 * Math.random())); // so that a hall does not ask all at once
}

async function vote(option) {
  wanted = option;
  draw();
  const body = JSON.stringify({ name: state.name, option });
  try {
    const found = await ask("/vote", { method: "POST", body, headers: { "content-type": "application/json" } });
    if (wanted === option) state = found;
    trouble = "";
  } catch (error) {
    trouble = error.status ? error.message : "No connection; your vote was not sent. Tap again.";
  }
  if (wanted === option) wanted = null;
  draw();
}

document.addEventListener("visibilitychange", look);
window.addEventListener("online", look);
window.addEventListener("pageshow", look);
look();
