// What Python packed into this file (bundle.py), and how the reader's choices stand in its address.

// {head, rest}: the data, and the bytes behind them.
export async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const all = new Uint8Array(await new Response(stream).arrayBuffer()), line = all.indexOf(10);
  const from = line + 1, to = from + Number(new TextDecoder().decode(all.subarray(0, line)));
  return { head: JSON.parse(new TextDecoder().decode(all.subarray(from, to))), rest: all.subarray(to) };
}

export function chosen() { return Object.fromEntries(new URLSearchParams(location.hash.slice(1))); }

// An iframe may forbid it; then the address stays as it is.
export function remember(choices) {
  const kept = new URLSearchParams(Object.entries(choices).filter(([, value]) => value !== "" && value !== undefined));
  try { history.replaceState(null, "", "#" + kept.toString().replaceAll("%2C", ",")); } catch { /* as it is */ }
}
