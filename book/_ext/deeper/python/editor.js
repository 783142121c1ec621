// A text field for code, with what belongs to it: run, stop, reset, what is told, what comes out.
//
// A plain field: screen readers, telephones, zoom and forced colors know it, and it weighs nothing.
// CodeMirror 6 was tried beside it: for colored words it takes 122 KB (gz, bundled) on the first
// press, and axe finds a box in it that scrolls and takes no focus. Tab indents, as in any editor of
// code, and Esc then Tab leaves, which stands beside it.

const INDENT = "    ";

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function button(text, action, properties = {}) {
  const made = make("button", { type: "button", textContent: text, ...properties });
  made.addEventListener("click", action);
  return made;
}

// What a reader wrote stays in this browser; where it may keep nothing, it stays as long as the page.
const stored = {
  key: (name) => `python ${location.pathname} ${name}`,
  get(name) { try { return localStorage.getItem(this.key(name)); } catch { return null; } },
  set(name, text) { try { localStorage.setItem(this.key(name), text); } catch { /* not kept */ } },
  drop(name) { try { localStorage.removeItem(this.key(name)); } catch { /* not kept */ } },
};

// Through the browser's own editing, so that it can be undone.
function insert(field, text) {
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
}

function indents(field) {
  let leaving = false;
  field.addEventListener("blur", () => { leaving = false; });
  field.addEventListener("keydown", (event) => {
    const { value, selectionStart: at } = field;
    const line = value.slice(value.lastIndexOf("\n", at - 1) + 1, at);
    if (event.key === "Escape") leaving = true;
    else if (event.key === "Tab" && !leaving && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      if (!event.shiftKey) return insert(field, INDENT.slice(line.length % INDENT.length));
      const extra = Math.min(/^ */.exec(line)[0].length, INDENT.length);
      if (extra) {
        field.setSelectionRange(at - line.length, at - line.length + extra);
        insert(field, "");
        field.setSelectionRange(at - extra, at - extra);
      }
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing) {
      event.preventDefault();
      insert(field, `\n${/^ */.exec(line)[0]}${/:\s*(#.*)?$/.test(line) ? INDENT : ""}`);
    } else if (event.key !== "Shift") leaving = false;
    return undefined;
  });
}

// Shows what a run gives, as the page shows outputs.
function showOutputs(box, outputs) {
  box.replaceChildren(...outputs.map(({ kind, text }) => {
    const output = make("div", { className: `output ${{ html: "text_html", error: "traceback" }[kind] ?? "text_plain"}` });
    if (kind === "html") output.innerHTML = text;
    else output.append(make("div", { className: "highlight" }, make("pre", { textContent: text })));
    return output;
  }));
  for (const part of box.querySelectorAll("pre, .output")) globalThis.scrollsByKeyboard(part);
}

let editors = 0;

// `source` is the page's own code, `name` what it is kept under; `work(text, tell)` runs it and
// resolves with a sentence; `reset()` is called when the page's code is back.
function editor({ source, name, label, verb, work, reset, tools = [] }) {
  const id = `python-editor-${++editors}`;
  const kept = stored.get(name);
  const field = make("textarea", {
    id, value: kept ?? source, wrap: "off", spellcheck: false, autocapitalize: "off", autocomplete: "off",
    className: "python-field", ariaLabel: label,
  });
  field.setAttribute("aria-describedby", `${id}-keys`);
  const keys = make("span", { id: `${id}-keys`, className: "python-keys", textContent: "Tab indents; Esc, then Tab, leaves. Ctrl+Enter runs." });
  const status = make("p", { className: "python-status", textContent: kept === null ? "" : "This is what you wrote before." });
  status.setAttribute("role", "status");
  const bar = make("progress", { hidden: true, ariaLabel: "Loading Python" });
  const output = make("div", { className: "cell_output python-output" });
  const fit = () => { field.rows = Math.max(field.value.split("\n").length, 2); };

  const tell = ({ text, share }) => {
    if (status.textContent !== text) status.textContent = text;
    bar.hidden = share === undefined;
    if (share !== undefined) bar.value = share;
  };
  let running = false;
  const go = async () => {
    if (running) return;
    running = true;
    stop.hidden = false;
    start.disabled = true;
    try {
      tell({ text: await work(field.value, tell, output) });
    } catch (error) {
      output.replaceChildren();
      tell({ text: error.message });
    } finally {
      running = false;
      if (document.activeElement === stop) field.focus();
      stop.hidden = true;
      start.disabled = false;
    }
  };
  const start = button(verb, go, { className: "python-run" });
  const stop = button("Stop", () => end("Stopped. Python starts anew when you run again."), { hidden: true });
  const back = button("Reset", () => {
    if (running) end("Stopped.");
    stored.drop(name);
    field.value = source;
    fit();
    output.replaceChildren();
    tell({ text: "The page’s code is back." });
    reset?.();
  });

  field.addEventListener("input", () => {
    fit();
    if (field.value === source) stored.drop(name);
    else stored.set(name, field.value);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); go(); }
  });
  indents(field);
  fit();
  const root = make("div", { className: "python-editor" },
    field, make("div", { className: "python-tools" }, start, stop, back, ...tools, keys), bar, status, output);
  return { root, field, go, tell, output };
}
