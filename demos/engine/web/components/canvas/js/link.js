// The address that brings the run on the canvas back, to be sent to somebody.
import { element } from "./base.js";

function address(s) { return location.origin + location.pathname + "?" + s.data.link; }

// Without a secure connection browsers have no clipboard; an old way still works there.
export async function copyLink(s) {
  try { await navigator.clipboard.writeText(address(s)); s.note = "The link was copied: it brings back this run, with its edits."; }
  catch {
    const text = element("textarea", {}, s.bar);
    text.value = address(s);
    text.select();
    s.note = document.execCommand("copy") ? "The link was copied: it brings back this run, with its edits." : "The browser does not let the page copy; take the link from the address bar.";
    text.remove();
  }
}

