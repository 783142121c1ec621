// Draws a live figure: in a notebook as an anywidget, on a static page called by page.js.

const NO_ANSWER =
  "Python has not answered yet, so the chart still shows the position before. " +
  "If the kernel has stopped, restart it and run this cell again.";

// The chart library, loaded once however many figures there are.
function loadVega(model) {
  globalThis.convcostVega ??= fetchVega(model).catch((reason) => {
    globalThis.convcostVega = undefined; // the next figure may try again
    throw reason;
  });
  return globalThis.convcostVega;
}

function fetchVega(model) {
  const root = document.documentElement.dataset.content_root;
  return root === undefined || model.send ? vegaFromKernel(model) : vegaFromSite(root);
}

function vegaFromSite(root) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`${root}_static/figures/vega.min.js`, document.baseURI);
    script.onload = () => resolve(globalThis.vega);
    script.onerror = () => reject(new Error(`${script.src} did not load`));
    document.head.append(script);
  });
}

function vegaFromKernel(model) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("Python does not answer")), 20000);
    const receive = (message, buffers) => {
      if (message.type !== "vega") return;
      clearTimeout(late);
      model.off("msg:custom", receive);
      const vega = {};
      // As a CommonJS module: a page's require.js would otherwise catch it.
      new Function("exports", "module", new TextDecoder().decode(buffers[0]))(vega, {});
      resolve(vega);
    };
    model.on("msg:custom", receive);
    model.send({ type: "vega" });
  });
}

// The number of the state that was prepared for these positions, or -1.
function stateNumber(grids, positions) {
  let number = 0;
  for (const [k, grid] of grids.entries()) {
    const here = Number(positions[k]);
    const at = grid.findIndex((value) => Math.abs(value - here) <= 1e-9 * Math.max(1, Math.abs(here)));
    if (at < 0) return -1;
    number = number * grid.length + at;
  }
  return number;
}

function preparedState(prepared, positions) {
  const number = stateNumber(prepared.grids, positions);
  if (number < 0) return null;
  const pick = ({ distinct, at }) => distinct[at ? at[number] : 0];
  const columns = prepared.columns.map(pick);
  const rows = columns[0].map((_, row) =>
    Object.fromEntries(prepared.keys.map((key, column) => [key, columns[column][row]])),
  );
  return { rows, finding: pick(prepared.findings) };
}

// Puts rows into a view. Rows that stand there are changed in place, which is faster than to take
// all marks away and draw others. `cc_row` keeps the axes in the order of the rows.
function setRows(vega, view, rows) {
  const before = view.data("rows") ?? []; // nothing before the first
  const changes = vega.changeset();
  for (const [number, row] of rows.entries()) {
    if (number >= before.length) {
      changes.insert({ ...row, cc_row: number });
      continue;
    }
    for (const key of Object.keys(row)) {
      if (before[number][key] !== row[key]) changes.modify(before[number], key, row[key]);
    }
  }
  changes.remove(before.slice(rows.length));
  view.change("rows", changes);
}

// The chart is painted before what is written around it changes. A page that nobody sees paints
// nothing, and so does not wait for it.
function painted() {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 100);
    requestAnimationFrame(() => {
      clearTimeout(late);
      setTimeout(resolve);
    });
  });
}

// No line of a finding ends before a unit or within 7 × 7: the rule of the book's spacing.py, for what
// findings and cells say.
function heldTogether(text) {
  const hold = (part) => part.replaceAll(" ", "\u00a0");
  return text
    .replace(/(?<=[\d⁰¹²³⁴-⁹]) (?=(?:[kMGT]|[KMGT]i?B|m?s|bytes?|[kMGT]?(?:MACs?|FLOPs?))(?![\w-]))/g, "\u00a0")
    .replace(/\d[\d.,]*(?: × \d[\d.,]*)+/g, (size) => (size.split("×").length > 3 ? size : hold(size)));
}

// Same rule as in markup.py, which writes the table for a page without scripts.
function shown(cell, spec, format) {
  if (cell === null || cell === undefined) return "–";
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  return spec && typeof cell === "number" ? format(spec)(cell) : String(cell);
}

function fillTable(body, columns, rows, format) {
  const lines = rows.map((row) => {
    const line = document.createElement("tr");
    for (const [k, [key, , spec]] of columns.entries()) {
      const cell = document.createElement(k ? "td" : "th");
      if (!k) cell.scope = "row";
      if (spec) cell.className = "live-number";
      cell.textContent = heldTogether(shown(row[key], spec, format));
      line.append(cell);
    }
    return line;
  });
  body.replaceChildren(...lines);
}

// A long table can be sorted: a button in each heading, which tells the order it stands in.
const LONG = 20;

function sortable(table, columns, sorted) {
  const order = { key: null, sign: 1 };
  for (const [k, heading] of [...table.querySelectorAll("thead th")].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      order.sign = order.key === columns[k][0] ? -order.sign : 1;
      order.key = columns[k][0];
      for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", order.sign > 0 ? "ascending" : "descending");
      sorted();
    });
  }
  return order;
}

// What is missing stands last in either order.
function inOrder(rows, { key, sign }) {
  if (key === null) return rows;
  const compare = (a, b) => (typeof a === "number" ? a - b : String(a).localeCompare(String(b)));
  return [...rows].sort(({ [key]: a }, { [key]: b }) =>
    a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b),
  );
}

// A region that scrolls must be reachable by keyboard; one that does not should not be in the way.
function focusableIfScrolls(region) {
  if (region.scrollWidth > region.clientWidth || region.scrollHeight > region.clientHeight) region.tabIndex = 0;
  else region.removeAttribute("tabindex");
}

// What a chart tells of the mark under the pointer. A mark whose tooltip is all of its data has the
// names and formats of the table, made when they are asked for and not at each step of a slider.
function tooltip(stage, columns, format) {
  const box = document.createElement("div");
  box.className = "live-tooltip";
  box.hidden = true;
  stage.append(box);
  const told = (datum) =>
    Object.fromEntries(columns.map(([key, header, spec]) => [header, shown(datum[key], spec, format)]));
  return (_, event, item, data) => {
    const value = data && data === item.datum ? told(data) : data;
    box.hidden = value === null || value === undefined || value === "";
    if (box.hidden) return;
    const lines = typeof value === "object" ? Object.entries(value) : [["", value]];
    box.replaceChildren(
      ...lines.map(([key, text]) => {
        const line = document.createElement("div");
        const name = document.createElement("span");
        name.textContent = key;
        line.append(name, ` ${text}`);
        return line;
      }),
    );
    const { left, top, width } = stage.getBoundingClientRect();
    const x = event.clientX - left;
    box.style.left = `${Math.max(0, Math.min(x + 12, width - box.offsetWidth))}px`;
    box.style.top = `${event.clientY - top + 12}px`;
  };
}

// Draws into the parts of a figure and lets them follow the model.
// parts: {root, stage, finding, status, was, details, note, play}; returns a function that ends it.
async function draw(model, parts) {
  const vega = await loadVega(model);
  const { format } = vega.defaultLocale();
  const [spec, signals, prepared, columns] = ["spec", "signals", "prepared", "columns"].map((name) => model.get(name));
  const positions = () => signals.map((name) => model.get(`at_${name}`));
  const same = (a, b) => a.every((value, k) => value === b[k]);

  const chart = document.createElement("div");
  chart.className = "live-chart";
  chart.style.visibility = "hidden"; // until the first drawing is complete
  parts.stage.append(chart);
  const view = new vega.View(vega.parse(spec), { renderer: "svg", hover: true, logLevel: vega.Warn })
    .tooltip(tooltip(parts.stage, columns, format))
    .initialize(chart);
  // Vega calls its box "Vega visualization"; the picture below has a text that says more.
  for (const name of ["role", "aria-roledescription", "aria-label"]) chart.removeAttribute(name);

  const body = parts.details.querySelector("tbody");
  let rowsNow = null;
  let order = null;
  const table = () => {
    if (!parts.details.open || !rowsNow) return;
    if (!order && rowsNow.length > LONG) order = sortable(body.parentElement, columns, table);
    fillTable(body, columns, order ? inOrder(rowsNow, order) : rowsNow, format);
  };
  parts.details.addEventListener("toggle", () => {
    table();
    focusableIfScrolls(parts.details.querySelector(".live-table"));
  });

  let announcement;
  function say(finding, news) {
    parts.finding.textContent = heldTogether(finding);
    const svg = chart.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", finding);
    clearTimeout(announcement);
    announcement = setTimeout(() => {
      if (parts.status.textContent !== news + finding) parts.status.textContent = news + finding;
    }, 600);
  }

  function note(text) {
    parts.note.textContent = text;
    parts.note.hidden = !text;
  }

  let bench = null;
  let memory = null;
  async function show(state) {
    const move = bench?.moving();
    memory?.move();
    for (const [k, name] of signals.entries()) view.signal(name, positions()[k]);
    if (state) setRows(vega, view, state.rows);
    await view.runAsync();
    await painted();
    rowsNow = state ? state.rows : view.data("rows");
    const finding = state ? state.finding : view.signal("cc_finding");
    say(finding, bench ? bench.shown(move) : "");
    memory ??= startMemory(model, view, chart, parts, !bench); // the first drawing does not move
    memory.shown(finding, rowsNow);
    table();
    note(bench ? bench.refused() : "");
  }

  // Python is asked for one position at a time, and always for the latest.
  let asked = null;
  let waiting;
  function ask(wanted) {
    if (!model.send) {
      note("This position was not prepared: run this page as a notebook to let Python compute it.");
      return;
    }
    if (asked) return;
    asked = wanted;
    const unanswered = () => {
      asked = null; // a later position asks anew
      if (same(wanted, positions())) note(NO_ANSWER);
    };
    waiting = setTimeout(unanswered, 3000);
    try {
      model.send({ type: "rows", positions: wanted });
    } catch { // the channel is closed: JupyterLab does so when the kernel has died
      clearTimeout(waiting);
      unanswered();
    }
  }
  async function receive(message) {
    if (message.type !== "rows") return;
    clearTimeout(waiting);
    asked = null;
    if (!same(message.positions, positions())) update(); // too late: the controls have moved on
    else if (message.failed) note(`Python could not compute this position: ${message.failed}`);
    else await show(message);
  }
  if (model.send) model.on("msg:custom", receive);

  // Changes that come while a drawing is under way are drawn together after it.
  let drawing = null;
  let stale = false;
  async function follow() {
    do {
      stale = false;
      const state = prepared && preparedState(prepared, positions());
      if (prepared && !state) ask(positions());
      else await show(state);
    } while (stale);
    drawing = null;
  }
  function update() {
    stale = true;
    drawing ??= Promise.resolve().then(follow);
    return drawing;
  }
  if (model.get("bench")) bench = startBench(model, view, parts.root, { redraw: update, onPage: !model.send });
  for (const name of signals) model.on(`change:at_${name}`, update);
  await update();
  const says = async () => {
    await drawing;
    return parts.finding.textContent;
  };
  const stopPlaying = parts.play && startPlaying(model, parts.play, says);

  const resized = new ResizeObserver(() => {
    const width = chart.clientWidth;
    if (fluid && width && width !== view.signal("width")) {
      memory.forget();
      view.signal("width", width).runAsync();
    }
    focusableIfScrolls(parts.details.querySelector(".live-table"));
  });
  const fluid = spec.signals.some(({ name, init }) => name === "width" && init?.includes("containerSize"));
  resized.observe(chart);
  chart.style.visibility = "";
  return () => {
    for (const name of signals) model.off(`change:at_${name}`, update);
    model.off("msg:custom", receive);
    bench?.end();
    memory.end();
    stopPlaying?.();
    resized.disconnect();
    view.finalize();
  };
}

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

// In a notebook the controls are drawn by ipywidgets, the rest is built here.
async function render({ model, el }) {
  const stage = element("div", "live-stage");
  const finding = element("p", "live-finding");
  const status = element("p", "live-status");
  status.setAttribute("role", "status");
  finding.setAttribute("aria-hidden", "true"); // `status` says the same, but waits for a pause
  const was = element("p", "live-was");
  const note = element("p", "live-note");
  note.hidden = true;
  const head = element("tr", "", ...model.get("columns").map(([, header, spec]) => {
    const cell = element("th", spec ? "live-number" : "", header);
    cell.scope = "col";
    return cell;
  }));
  const table = element("table", "", element("thead", "", head), element("tbody", ""));
  const details = element("details", "live-numbers", element("summary", "", "Numbers"), element("div", "live-table", table));
  const caption = element("figcaption", "", model.get("caption"));
  const figure = element("figure", "live-figure", stage, finding, status, was, details, note, caption);
  const play = model.get("plays") && element("button", "live-play");
  if (play) stage.before(play);
  const bench = model.get("bench");
  if (bench) {
    figure.dataset.bench = "";
    const [above, below] = [element("div", "live-above"), element("div", "live-below")];
    [above.innerHTML, below.innerHTML] = [bench.above, bench.below];
    const change = element("p", "live-change", bench.first_words);
    change.setAttribute("aria-hidden", "true"); // `status` says it, too
    stage.before(above, change);
    status.after(element("p", "live-unused"), below);
  }
  el.append(figure);
  try {
    return await draw(model, { root: figure, stage, finding, status, was, details, note, play });
  } catch (reason) {
    note.textContent =
      `The chart can't start (${reason.message}). If the kernel has stopped, restart it and run this cell again.`;
    note.hidden = false;
    throw reason;
  }
}

export default { render, draw };
