// The runtime of a static page: reads the widget state that the notebook saved (a script before this
// one, see assets.py), connects it with the native inputs that stand in the page, and calls figure.js
// to draw.

const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

// The part of a widget model that figure.js and the links use.
class Model {
  constructor(state) {
    this.state = { ...state };
    this.listeners = [];
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const [event, listener] of this.listeners) {
      if (event === `change:${name}` || event === "change") listener();
    }
  }
  on(event, listener) {
    this.listeners.push([event, listener]);
  }
}

function resolve(models, [reference, trait]) {
  return [models.get(reference.replace("IPY_MODEL_", "")), trait];
}

function link(models, { source, target }, both) {
  const ends = [resolve(models, source), resolve(models, target)];
  const copy = ([from, trait], [to, other]) => {
    const carry = () => to.set(other, from.get(trait));
    from.on(`change:${trait}`, carry);
    return carry;
  };
  const forward = copy(ends[0], ends[1]);
  if (both) copy(ends[1], ends[0]);
  return forward;
}

// Writes what has changed only: a browser does not look whether a control already stands there.
function put(element, property, value) {
  if (element[property] !== value) element[property] = value;
}

const written = new Map(); // to make a format takes longer than to write a number

function inFormat(options) {
  const key = JSON.stringify(options);
  if (!written.has(key)) written.set(key, new Intl.NumberFormat("en-US", options));
  return written.get(key);
}

// As Python's readout_format; Python has already refused what is not listed here.
function readout(value, spec) {
  const [, comma, digits, kind] = /^(,?)(?:\.(\d+))?([df%])$|^,$/.exec(spec);
  const decimals = kind === "d" || !kind ? 0 : Number(digits ?? 6);
  const number = inFormat({
    useGrouping: Boolean(comma) || spec === ",",
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(kind === "%" ? value * 100 : value);
  return number.replace("-", "−") + (kind === "%" ? "%" : "");
}

function bindSlider(model, box) {
  const input = box.querySelector("input");
  const output = box.querySelector("output");
  const labels = model.get("_options_labels");
  const trait = labels ? "index" : "value";
  input.addEventListener("input", () => model.set(trait, input.valueAsNumber));
  return () => {
    put(input, "min", String(labels ? 0 : model.get("min")));
    put(input, "max", String(labels ? labels.length - 1 : model.get("max")));
    put(input, "step", String(labels ? 1 : model.get("step")));
    const value = model.get(trait);
    put(input, "value", String(value));
    output.textContent = labels ? labels[value] : readout(value, model.get("readout_format"));
    input.setAttribute("aria-valuetext", output.textContent);
  };
}

function bindMenu(model, box) {
  const select = box.querySelector("select");
  select.addEventListener("change", () => model.set("index", select.selectedIndex));
  return () => {
    put(select, "selectedIndex", model.get("index"));
  };
}

function bindButtons(model, box) {
  const inputs = [...box.querySelectorAll("input")];
  for (const [k, input] of inputs.entries()) {
    input.addEventListener("change", () => model.set("index", k));
  }
  return () => {
    for (const [k, input] of inputs.entries()) input.checked = k === model.get("index");
  };
}

function bindText(model, box) {
  const input = box.querySelector("input");
  input.addEventListener("input", () => model.set("value", input.value));
  return () => {
    if (input.value !== model.get("value")) input.value = model.get("value"); // keeps the cursor
  };
}

function bindCheckbox(model, box) {
  const input = box.querySelector("input");
  input.addEventListener("change", () => model.set("value", input.checked));
  return () => {
    input.checked = model.get("value");
  };
}

const CONTROLS = {
  IntSliderModel: bindSlider,
  FloatSliderModel: bindSlider,
  SelectionSliderModel: bindSlider,
  DropdownModel: bindMenu,
  ToggleButtonsModel: bindButtons,
  CheckboxModel: bindCheckbox,
  ComboboxModel: bindText,
};
const OTHERS = /^(LinkModel|DirectionalLinkModel|AnyModel|[HV]BoxModel|\w*(Layout|Style)Model)$/;

let widgets;

// All widgets of the page, linked; read once, when the first figure starts.
function savedWidgets() {
  if (widgets) return widgets;
  const saved = globalThis.convcostState?.state;
  if (!saved) throw new Error("what it shows did not load");
  widgets = { models: new Map(), names: new Map() };
  for (const [id, { model_name: name, state }] of Object.entries(saved)) {
    if (!CONTROLS[name] && !OTHERS.test(name)) {
      throw new Error(`This page holds a widget of a kind that it can't draw: ${name}`);
    }
    widgets.models.set(id, new Model(state));
    widgets.names.set(id, name);
  }
  const links = Object.values(saved).filter(({ model_name: name }) => name.endsWith("LinkModel"));
  const forward = links.map(({ model_name: name, state }) => link(widgets.models, state, name === "LinkModel"));
  for (const carry of forward) carry();
  return widgets;
}

function bindControl(box) {
  const { models, names } = savedWidgets();
  const id = box.dataset.model;
  const model = models.get(id);
  const refresh = CONTROLS[names.get(id)](model, box);
  const whole = () => {
    refresh();
    for (const input of box.querySelectorAll("input, select, button")) put(input, "disabled", model.get("disabled"));
  };
  model.on("change", whole);
  whole();
}

// What is shown stays in sight as the controls below it scroll: sight.css goes by both heights.
function keepInSight(work) {
  const show = work.querySelector(".live-show");
  const measured = new ResizeObserver(() => {
    const height = show.offsetHeight;
    work.style.setProperty("--live-show", `${height}px`);
    work.style.setProperty("--live-shelf", `${work.offsetHeight - height}px`);
  });
  for (const part of [show, work]) measured.observe(part);
}

// What moves a figure works before its chart is there: a first tap on it is not lost.
function prepare(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "yes";
  for (const part of box.querySelectorAll(".live-controls, .live-above, .live-change, .live-below")) part.hidden = false;
  for (const control of box.querySelectorAll(".live-control")) bindControl(control);
}

async function start(box) {
  const find = (selector) => box.querySelector(selector);
  const note = document.createElement("p");
  note.className = "live-note";
  note.hidden = true;
  find(".live-finding").after(note);
  try {
    const stage = find(".live-stage");
    const text = find(".live-finding span");
    const status = document.createElement("p");
    status.className = "live-status";
    status.setAttribute("role", "status");
    status.textContent = text.textContent;
    const was = document.createElement("p");
    was.className = "live-was";
    find(".live-finding").after(status, was);
    await figure.draw(savedWidgets().models.get(box.dataset.model), {
      root: box, stage, finding: text, status, was, note, details: find(".live-numbers"),
      play: find(".live-play"),
    });
    find(".live-finding").setAttribute("aria-hidden", "true"); // `status` says the same
    find(".live-picture").remove();
    prepare(box);
    keepInSight(find(".live-work"));
    box.dataset.live = "yes";
  } catch (reason) {
    note.textContent =
      `This figure could not start (${reason.message}). Its picture and its numbers stand as they are; ` +
      "load the page again to try once more.";
    note.hidden = false;
    box.dataset.live = "no";
    throw reason;
  }
}

const figures = [...document.querySelectorAll("figure.live-figure")];
for (const view of document.querySelectorAll(VIEW)) {
  if (!view.closest("figure.live-figure")) throw new Error("A widget stands on this page outside of a live figure");
}
function begin(box) {
  if (box.dataset.live) return;
  box.dataset.live = "starting";
  near.unobserve(box);
  start(box);
}
// A figure that opens a page waits, as the picture that it is, until its reader does something: so
// the page is light at first.
const firstMove = new Promise((resolve) => {
  const signs = ["pointermove", "pointerdown", "keydown", "wheel", "scroll", "focusin"];
  const heed = (event) => {
    // A pointer that rests is told of, too, when the page is laid out below it.
    if (event.type === "pointermove" && !event.movementX && !event.movementY) return;
    for (const sign of signs) removeEventListener(sign, heed);
    resolve();
  };
  for (const sign of signs) addEventListener(sign, heed, { passive: true });
});
const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    if (target.dataset.waits === undefined) begin(target);
    else {
      firstMove.then(() => begin(target));
      prepare(target);
    }
  }
}, { rootMargin: "300px" });
for (const box of figures) near.observe(box);
// An address that holds a figure's setting opens at this figure.
for (const box of figures) if (location.hash.startsWith(`#${box.id}?`)) box.scrollIntoView();
// What is printed should show what the controls say, also below the fold.
addEventListener("beforeprint", () => figures.forEach(begin));
