// The presenter's page: the notes of the step, what comes next, and the clock against the plan.

const EVERY = 250; // ms
const BEATS = {
  say: "the words", ask: "the question", run: "the run", reveal: "the answer", again: "the second vote",
  after: "what came of it", measured: "measured",
};
const part = (id) => document.getElementById(id);
const here = location.pathname.replace(/\/$/, "");
const time = (s) => `${s < 0 ? "−" : ""}${Math.floor(Math.abs(s) / 60)}:${String(Math.floor(Math.abs(s) % 60)).padStart(2, "0")}`;
let told = {};

function write(id, text) {
  if (part(id).textContent !== text) part(id).textContent = text;
}

function draw() {
  const { times, number, steps } = told;
  if (!times) return;
  document.title = `${number} · ${told.title}`;
  write("clock", time(told.clock));
  const left = times[number] - told.clock;
  const planned = `Planned from ${time(times[number - 1])} to ${time(times[number])} of ${time(times[times.length - 1])}`;
  const first = "The clock starts with the first page you turn.";
  write("plan", told.running ? `${planned}: ${time(Math.abs(left))} ${left >= 0 ? "left" : "over"}.` : `${planned}. ${first}`);
  document.body.classList.toggle("late", told.late);
  write("number", `${number} of ${steps.length}`);
  write("beat", told.live ? "live; Next returns to the script" : told.blank ? "black" : BEATS[told.beat] ?? told.beat);
  write("step", told.step);
  write("notes", told.notes || "No notes for this step.");
  part("notes").className = told.notes ? "" : "quiet";
  write("text", told.text);
  write("next", told.next ? (told.next.new ? told.next.step : BEATS[told.next.beat]) : "The end.");
  const vote = told.vote;
  part("vote").hidden = !vote;
  if (vote) {
    write("ask", vote.ask);
    write("reveal", vote.reveal);
    const all = vote.numbers.reduce((a, b) => a + b, 0);
    const rows = vote.options.map((option, i) => `${option}: ${vote.numbers[i]}${all ? ` (${Math.round((100 * vote.numbers[i]) / all)} %)` : ""}${vote.answer === i ? " ✓" : ""}`);
    if (part("numbers").dataset.of !== rows.join("\n")) {
      part("numbers").dataset.of = rows.join("\n");
      part("numbers").replaceChildren(...rows.map((row) => Object.assign(document.createElement("li"), { textContent: row })));
    }
  }
  part("polling").hidden = !told.polling;
  if (told.polling) {
    write("here", `${told.polling.address} · ${told.polling.here} phone${told.polling.here === 1 ? "" : "s"}`);
    part("bars").hidden = !vote;
    write("bars", told.polling.bars ? "Hide bars" : "Show bars");
  }
  write("black", told.blank ? "Show again" : "Black");
  if (part("jump").children.length !== steps.length)
    part("jump").replaceChildren(...steps.map((step, i) => new Option(`${i + 1} · ${step}`, i + 1)));
  if (document.activeElement !== part("jump")) part("jump").value = number;
}

async function ask(path, init) {
  const answer = await fetch(here + path, { cache: "no-store", signal: AbortSignal.timeout?.(3000), ...init });
  if (!answer.ok) throw new Error();
  told = await answer.json();
  write("trouble", "");
  draw();
}

const wish = (what) => ask("/do", { method: "POST", body: JSON.stringify({ do: what }), headers: { "content-type": "application/json" } })
  .catch(() => write("trouble", "The talk does not answer."));

async function look() {
  await ask("/state").catch(() => write("trouble", "The talk does not answer. It may have ended."));
  setTimeout(look, EVERY);
}

const KEYS = { PageDown: "next", ArrowRight: "next", PageUp: "back", ArrowLeft: "back", b: "black", ".": "black" };
document.addEventListener("keydown", (event) => {
  if (event.target.closest("select") || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  wish(KEYS[event.key]);
});
document.querySelectorAll("button[data-do]").forEach((each) => each.addEventListener("click", () => wish(each.dataset.do)));
part("jump").addEventListener("change", () => { wish(`go ${part("jump").value}`); part("jump").blur(); });
look();
