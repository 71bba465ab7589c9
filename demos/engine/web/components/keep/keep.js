// What a learner did stays in this browser: asked for once when a page is opened, written again whenever it changes.
const PLACE = "goalmisgen-progress";

export default function ({ data, setTriggerValue }) {
  let held = "{}";
  try {
    if (data.ask) held = localStorage.getItem(PLACE) || held;
    else localStorage.setItem(PLACE, data.write);
  } catch {
    // a browser that keeps nothing: the worksheet can still be saved
  }
  if (data.ask) setTriggerValue("held", held);
}
