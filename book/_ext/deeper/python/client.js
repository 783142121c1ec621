// The page's Python: nothing is loaded before the first question, and one worker answers all.

const DATA = JSON.parse(document.querySelector(".python-data").textContent);
const FOLDER = new URL(`${document.documentElement.dataset.content_root}_static/python/`, location.href);
const SLOW = 10_000; // milliseconds, after which a reader may wonder

let python; // the worker that runs, if any, and who waits for it

// One sentence where a browser can't run Python here: why, and what works.
function whyNot() {
  if (location.protocol === "file:") {
    return "A browser can't run Python from a folder on your disk. Serve the folder (run python3 -m http.server in it) "
      + "and open http://localhost:8000; everything else on this page works as it is.";
  }
  if (!globalThis.Worker || !globalThis.WebAssembly) {
    return "This browser can't run Python: it lacks or forbids workers or WebAssembly. "
      + "The code can be copied, and the menu Run above opens this page elsewhere.";
  }
  return "";
}

function end(reason) {
  if (!python) return;
  const { worker, waiting } = python;
  python = undefined;
  worker.terminate();
  for (const { reject } of waiting.values()) reject(new Error(reason));
}

function start() {
  const url = new URL(`worker.js?v=${DATA.version}`, FOLDER);
  const mine = { worker: new Worker(url, { type: "module" }), waiting: new Map(), loaded: 0, ready: false };
  const report = () => { for (const { tell } of mine.waiting.values()) tell(progress(mine)); };
  const absent = (why) => {
    if (python === mine) end(`Python could not be loaded (${why}). Run again when you are connected; a copy of the site on your machine needs the second download, Python.`);
  };
  mine.worker.addEventListener("message", ({ data }) => {
    if (data.loaded) mine.loaded = data.loaded;
    if (data.ready) mine.ready = true;
    if (data.id !== undefined && data.answer !== undefined) {
      mine.waiting.get(data.id).resolve(JSON.parse(data.answer));
      mine.waiting.delete(data.id);
    } else if (data.broken) {
      // What has lost its way does not find it again; nothing of the reader's is kept in it.
      if (python === mine) end(`Python has broken down (${data.broken}) and starts anew when you run again. Your code is kept.`);
    } else if (data.absent) absent(data.absent);
    else report();
  });
  mine.worker.addEventListener("error", (event) => {
    event.preventDefault();
    absent("no answer");
  });
  python = mine;
}

function progress({ ready, loaded }) {
  if (ready) return { text: "Running …" };
  const [have, all] = [loaded, DATA.bytes].map((bytes) => (bytes / 1e6).toFixed(1));
  return loaded < DATA.bytes
    ? { text: `Loading Python, once: ${have} of ${all} MB.`, share: loaded / DATA.bytes }
    : { text: "Starting Python …" };
}

// Resolves with the answer of session.py; rejects with a sentence for the reader. `tell` hears how
// far it is.
async function ask(request, tell) {
  const why = whyNot();
  if (why) throw new Error(why);
  try {
    if (!python) start();
  } catch {
    throw new Error("This page may not start a worker, so it can't run Python. The menu Run above opens it elsewhere.");
  }
  const { worker, waiting } = python;
  const id = crypto.randomUUID?.() ?? `${Math.random()}`;
  const slow = setTimeout(() => { if (python?.ready) tell({ text: "Still running. Stop ends it." }); }, SLOW);
  try {
    return await new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject, tell });
      tell(progress(python));
      worker.postMessage({ id, request: JSON.stringify(request) });
    });
  } finally {
    clearTimeout(slow);
  }
}

function run(source, { before = [], tests = [], numbers = {} }, tell) {
  return ask({ source, before, tests, numbers }, tell);
}
