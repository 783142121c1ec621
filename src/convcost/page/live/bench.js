// The bench of a figure with many controls: presets, what a move changed, a pin, goals, code, and a
// setting as an address. All that is computed comes from the specification's signals; what is moved
// here are positions, addresses and words.

const STORED = "convcost goals of "; // and the figure's name: what a reader reached before

// What the browser keeps of earlier visits; nothing where it keeps nothing.
function storedGoals(figure) {
  try {
    return JSON.parse(localStorage.getItem(STORED + figure)) ?? {};
  } catch {
    return {}; // storage is blocked, or holds what this script did not write
  }
}

function storeGoals(figure, reached) {
  try {
    localStorage.setItem(STORED + figure, JSON.stringify(reached));
  } catch {
    // storage is blocked or full: the goal stays reached until the page is left
  }
}

// A control's position as a word in an address, and back; undefined for a word that means none.
function positionWord({ words }, position) {
  return words ? words[Number(position)] : String(position);
}

function wordPosition({ words, min, max, step }, word, present) {
  if (words) {
    const at = words.indexOf(word);
    if (at < 0) return undefined;
    return typeof present === "boolean" ? at === 1 : at;
  }
  const value = /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : NaN;
  const steps = (value - min) / step;
  return value >= min && value <= max && Math.abs(steps - Math.round(steps)) < 1e-6 ? value : undefined;
}

function offered({ words, min, max, step }) {
  return words ? `is one of ${words.join(", ")}` : `goes from ${min} to ${max} in steps of ${step}`;
}

// The positions that an address asks for, or the sentence that says why it can't be followed.
function readAddress(query, controls, present) {
  const positions = {};
  for (const [name, word] of new URLSearchParams(query)) {
    const control = Object.hasOwn(controls, name) ? controls[name] : undefined;
    if (!control) return { refused: `This link sets “${name}”, but no control here has that name: the setting is as it was.` };
    const position = wordPosition(control, word, present[name]);
    if (position === undefined) {
      return {
        refused: `This link asks for ${name}=${word}, but “${control.label}” ${offered(control)}: the setting is as it was.`,
      };
    }
    positions[name] = position;
  }
  return { positions };
}

// Lets the bench in `root` follow the view, and the model follow the bench.
// redraw: draws again where only the pin has changed; onPage: whether the page's address is ours.
function startBench(model, view, root, { redraw, onPage }) {
  const { controls, presets } = model.get("bench");
  const names = model.get("signals");
  const find = (selector) => root.querySelector(selector);
  const here = () => Object.fromEntries(names.map((name) => [name, model.get(`at_${name}`)]));
  const ours = `#${root.id}?`;
  const inOrder = new URLSearchParams();
  const address = () => {
    for (const [name, at] of Object.entries(here())) inOrder.set(name, positionWord(controls[name], at));
    return ours + inOrder;
  };

  function moveTo(positions) {
    for (const [name, at] of Object.entries(positions)) model.set(`at_${name}`, at);
    model.save_changes?.(); // a page's model keeps nothing elsewhere
  }
  const buttons = [...root.querySelectorAll(".live-presets button")];
  for (const [k, button] of buttons.entries()) button.addEventListener("click", () => moveTo(presets[k]));

  let refused = "";
  function openAddress() {
    if (!location.hash.startsWith(ours)) return;
    const read = readAddress(location.hash.slice(ours.length), controls, here());
    refused = read.refused ?? "";
    if (read.positions) moveTo(read.positions);
    redraw();
  }

  function copies(button, text) {
    const label = button.textContent;
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }
  const [fold, code] = [find(".live-code"), find(".live-code code")];
  fold.addEventListener("toggle", () => { code.textContent = view.signal("cc_code"); });
  copies(find(".live-copy"), () => code.textContent);
  const link = find(".live-link");
  if (onPage) copies(link, () => location.href.split("#")[0] + address());
  else link.hidden = true;

  const pin = find(".live-pin");
  const pinWords = pin.textContent;
  const pinned = find(".live-pinned");
  pin.addEventListener("click", () => {
    const now = view.signal("cc_pinned").is_pinned ? { is_pinned: false } : { ...view.signal("cc_now"), is_pinned: true };
    view.signal("cc_pinned", now);
    pin.textContent = now.is_pinned ? "Remove the pin" : pinWords;
    pinned.textContent = now.is_pinned ? `Pinned: ${now.title}` : "";
    redraw();
  });

  // Why a control has no effect stands below it; in a notebook, where others draw it, in one line.
  const box = (name) =>
    find(`[id="${root.id}-${name}"], [name="${root.id}-${name}"]`)?.closest(".live-control");
  const reasons = {};
  function showUnused(unused) {
    for (const [name, why] of Object.entries(unused)) {
      if (reasons[name] === undefined && box(name)) {
        const line = document.createElement("p");
        line.className = "live-why";
        line.id = `${root.id}-${name}-why`;
        box(name).append(line);
        for (const input of box(name).querySelectorAll("input, select")) input.setAttribute("aria-describedby", line.id);
      }
      if (reasons[name] === why) continue;
      reasons[name] = why;
      const line = box(name)?.querySelector(".live-why");
      if (line) line.textContent = why;
      model.set(`off_${name}`, why !== "");
    }
    if (!onPage) {
      model.save_changes?.();
      find(".live-unused").textContent = Object.entries(reasons).filter(([, why]) => why)
        .map(([name, why]) => `${controls[name].label}: ${why}.`).join(" ");
    }
  }

  const reached = storedGoals(root.id);
  const goals = [...root.querySelectorAll(".live-goals li")];
  // Returns what is said of a goal that was just reached.
  function showGoals(states) {
    let news = "";
    for (const [k, [met, givenUp]] of states.entries()) {
      const [title, answer] = goals[k].children;
      const is = met ? "met" : reached[title.textContent] ? "kept" : "open";
      if (met && drawn) {
        if (goals[k].dataset.state !== "met") news += `Challenge met: ${title.textContent} `;
        if (reached[title.textContent] !== givenUp) {
          reached[title.textContent] = givenUp;
          storeGoals(root.id, reached);
        }
      }
      const words = { met: `Met. ${givenUp}`, kept: `Met before. ${reached[title.textContent]}`, open: "" }[is];
      if (goals[k].dataset.state !== is) goals[k].dataset.state = is;
      if (answer.textContent !== words) answer.textContent = words;
    }
    return news;
  }

  // Where there is no room beside the chart, groups but the first wait folded.
  if (onPage && !matchMedia("(min-width: 75rem)").matches) {
    for (const group of [...root.querySelectorAll(".live-group")].slice(1)) group.open = false;
  }

  let drawn = null; // the positions of the last drawing
  let moved = ""; // which control the last move moved, or several
  let writing;
  // Before a drawing: as long as one control is moved, that is one move.
  function moving() {
    const now = here();
    const changed = drawn ? names.filter((name) => now[name] !== drawn[name]).join() : "";
    if (changed) {
      if (changed !== moved || changed.includes(",")) view.signal("cc_before", view.signal("cc_now"));
      moved = changed;
    }
    return { now, changed };
  }
  // After it: returns what a listener is told besides the finding.
  function shown({ now, changed }) {
    showUnused(view.signal("cc_unused"));
    const news = showGoals(view.signal("cc_goals"));
    drawn = now;
    for (const [k, button] of buttons.entries()) {
      const pressed = String(names.every((name) => presets[k][name] === now[name]));
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
    if (fold.open) code.textContent = view.signal("cc_code");
    if (changed) {
      refused = "";
      find(".live-change").textContent = view.signal("cc_change");
      clearTimeout(writing);
      if (onPage) writing = setTimeout(() => history.replaceState(history.state, "", address()), 400);
    }
    return news + (moved ? `${view.signal("cc_change")} ` : "");
  }

  if (onPage) {
    openAddress();
    addEventListener("hashchange", openAddress);
  }
  return {
    moving,
    shown,
    refused: () => refused,
    end() {
      clearTimeout(writing);
      removeEventListener("hashchange", openAddress);
    },
  };
}

