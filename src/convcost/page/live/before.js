// What a figure keeps of the state before: what its finding said, and the outlines of its marks.
// Its marks move from there to the new state; before.css says how.

// A state has settled when nothing has changed for so long: a drag is compared with where it began.
const SETTLES_MS = 600;

// So long do marks move. A change that comes sooner stops them, so that no lag builds up.
const MOVES_MS = 300;

// A drawing of more marks does not move and leaves no outlines: that would take too long, and the
// outlines would hide what is to be compared with them.
const MOST_MARKS = 40;

const MARKS = '[class*="role-mark"]:not([class*="mark-text"], [class*="mark-group"]) > *';
const NO_MARKS = 'text, defs, .background, .foreground, [class*="role-axis"], [class*="role-legend"]';

// A copy of a drawing without texts, axes and legends.
function outlinesOf(svg) {
  const outlines = svg.cloneNode(true);
  outlines.setAttribute("class", "live-outlines");
  outlines.setAttribute("aria-hidden", "true");
  for (const other of outlines.querySelectorAll(NO_MARKS)) other.remove();
  return outlines;
}

const formOf = (mark) => ["d", "transform", "x2", "y2"].map((name) => mark.getAttribute(name)).join();

// Hides outlines of what still stands there; returns whether any are left. Where there are more
// marks now, or fewer, they are other things, and none is left.
function hideUnchanged(outlines, svg) {
  const present = Array.from(svg.querySelectorAll(MARKS), formOf);
  const marks = [...outlines.querySelectorAll(MARKS)];
  if (marks.length !== present.length) return false;
  const stands = new Set(present);
  for (const mark of marks) mark.toggleAttribute("hidden", stands.has(formOf(mark)));
  return marks.some((mark) => !mark.hasAttribute("hidden"));
}

// What the marks are drawn by. If that has changed, an outline would say what is not so: scales, and
// numbers that all rows share, such as the end of an axis.
function measureOf(view, scales, rows) {
  const shared = Object.entries(rows[0]).filter(
    ([key, value]) => typeof value === "number" && rows.length > 1 && rows.every((row) => row[key] === value),
  );
  return JSON.stringify([view.signal("width"), view.origin(), scales.map(({ name }) => view.scale(name).domain()), shared]);
}

// parts: {stage, was}; compares: whether to tell the difference, which a bench does in its own words.
function startMemory(model, view, chart, { stage, was }, compares) {
  const names = model.get("signals");
  const labels = model.get("labels");
  const scales = model.get("spec").scales ?? [];
  const positions = () => names.map((name) => model.get(`at_${name}`));
  const saysAt = (name, at) => (labels[name] ? valueOf(labels[name][at] ?? "") : Number(at));
  let settled = null;
  let settling;
  let moved = -Infinity;

  function tell(state) {
    const moves = names.map((name, k) => [saysAt(name, settled.at[k]), saysAt(name, state.at[k])]);
    const { alike, parts } = difference(settled.finding, state.finding, (a, b) =>
      a !== b && moves.some(([from, to]) => from === a && to === b),
    );
    const lines = parts.map((part) => element("span", "", part));
    const { outlines } = settled;
    if (outlines && alike && settled.measure === state.measure && hideUnchanged(outlines, chart.firstElementChild)) {
      if (!outlines.isConnected) {
        forget();
        stage.append(outlines);
      }
      lines.unshift(element("span", "live-key", "before"));
    } else {
      forget();
    }
    was.replaceChildren(...lines);
  }

  function forget() {
    stage.querySelector(".live-outlines")?.remove();
  }

  return {
    // Before a drawing: lets the marks move, unless they are many or still do.
    move() {
      const now = performance.now();
      chart.classList.toggle("live-moves", Boolean(settled?.few) && now - moved > MOVES_MS);
      moved = now;
    },
    // After it: tells the difference, and waits for the state to settle.
    shown(finding, rows) {
      const state = { finding, at: positions(), measure: measureOf(view, scales, rows) };
      if (settled && compares) tell(state);
      clearTimeout(settling);
      settling = setTimeout(() => {
        const svg = chart.firstElementChild;
        const few = svg.querySelectorAll(MARKS).length <= MOST_MARKS;
        settled = { ...state, few, outlines: few && compares ? outlinesOf(svg) : null };
      }, SETTLES_MS);
    },
    // Before the drawing gets another size, which is no change of its state.
    forget() {
      forget();
      chart.classList.remove("live-moves");
      if (settled) settled.outlines = null;
    },
    end: () => clearTimeout(settling),
  };
}
