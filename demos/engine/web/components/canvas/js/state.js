// What one canvas knows that is not in its payload, and the questions asked of both.

// The one state object. Sealed: whatever a canvas remembers stands here.
export function fresh() {
  return Object.seal({
    data: null, // the payload (payload.js)
    send: null, // function(message): to Python

    // --- playback
    frame: 0, // the step shown; fractional, things are drawn between two steps
    playing: true,
    speed: 8, // steps per second
    ended: false, // it played to the last step, and nothing came since
    endedAt: 0, // ms
    begun: false, // somebody started a run that waited for it
    watched: false, // it was seen to its end once
    seen: -1, // the version that Python was told was seen
    played: 0, // the last `data.play` that was carried out
    asked: false, // the page has asked for the goal to be put somewhere

    // --- edits on their way
    seq: 0, // the number of the last message
    waiting: null, // that of the message to be answered; one at a time
    next: null, // the message to be sent then; the newest wins
    idleSince: 0, // ms: since when the server does nothing about it
    holdAt: null, // while one is on its way, the run goes no further than this step
    gesture: 0, // edits of one drag carry the same number
    drag: null, // what is held: {slot, at, last, gesture, live}, or painted: {paint, level, cells, live}
    ghost: null, // {slot, at}: drawn there until the answer is in
    pending: null, // a level with painted tiles, shown until the answer is in

    group: "", // the runs it goes in step with (group.js)

    // --- tools and keys
    tool: "drag", // drag, add, remove, or tile:N
    picked: null, // the slot that the arrow keys move
    cell: null, // the frame that they move: [row, column]
    onMap: false, // that frame is on the outcome map
    note: "", // a sentence, until something else is done
    steer: false, // a person acts
    pressed: new Set(), // left, right, up, down
    told: -1, // the last step a person acted in

    // --- a guess
    guess: null, // {choice, place, sent}
    holding: false, // the payload holds the run for a guess
    waitedFor: false, // it waited for another run's guess

    // --- what was painted, kept
    overlay: {},
    tints: {}, // sprites in their colours
    ground: null, // {id, canvas}
    k: 1, // canvas pixels to a pixel of art
    barsAt: "", // step/version of the probabilities shown
    mapOf: "", mapSince: 0, // the map being painted, and since when
    room: 0, // pixels of height that the page has for the picture; 0: about half of the window

    // --- the parts of the page
    root: null, stage: null, canvas: null, big: null, stamp: null, bar: null, play: null, onward: null, copy: null,
    slider: null, marks: null, count: null, speeds: null, playback: [], guessBar: null, guessButtons: [], guessFor: "",
    legend: null, legendFor: null, tools: null, toolsFor: "", toolButtons: [], adding: null, steerButton: null, syncTools: null,
    settings: null, knobs: [], said: null, mind: null, inset: null, bars: null, pad: null, padFor: "", edited: null, sheet: null, keysButton: null,
    observer: null, raf: 0,
  });
}

export function waits(s) { return !!s.data.hold && !s.guess && !s.steer; }

export function held(s) { return waits(s) || !!s.data.wait; }

export function mapped(s) { return !!s.overlay.map && !held(s); }

// The object that is moved to see what becomes of the goal: the first of its kind.
export function goalName({ names, kinds, goal }) { return names.includes(goal) ? goal : names[kinds.findIndex((each) => each.kind === goal)]; }

export function waitsToStart(s) { return s.data.start === "paused" && !s.begun; }
