// Python for a page, in a thread of its own: the page goes on whatever is run here, and can end it.
// Everything comes from this file's folder, and nothing that runs here can ask for more.
const HERE = new URL(".", import.meta.url).href;
const MOST_BYTES = 2 ** 30; // of memory: what a telephone can bear

// Says how much has come; what is fetched stays what it is.
const fetchFile = self.fetch;
let loaded = 0;
async function counted(resource, options) {
  const response = await fetchFile(resource, options);
  if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
  const count = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      postMessage({ loaded });
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(count), response);
}

// Python asks for more memory until it gets none: then it raises MemoryError.
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > MOST_BYTES) throw new RangeError("no more memory");
  return grow.call(this, pages);
};

// Pyodide only warns of a program that did not come, or that this browser can't read, and waits.
const compile = WebAssembly.instantiateStreaming;
let failed;
const failure = new Promise((_, reject) => { failed = reject; });
WebAssembly.instantiateStreaming = async (...given) => {
  try {
    return await compile.apply(WebAssembly, given);
  } catch (error) {
    failed(error instanceof WebAssembly.CompileError ? new Error("this browser is too old for it") : error);
    throw error;
  }
};

// To start Python takes most of a second. What its memory holds then is the same at each visit, so
// the first one keeps it for those that follow, where the browser has room (and the address is
// https or this machine's own).
const KEPT = "deeper-python";
const IMAGE = `${HERE}memory?v=${new URL(import.meta.url).searchParams.get("v")}`;

async function kept() {
  try {
    const cache = await self.caches?.open(KEPT);
    const found = await cache?.match(IMAGE);
    const image = found && (await found.arrayBuffer());
    const whole = image?.byteLength === Number(found?.headers.get("bytes"));
    return { cache, image: whole ? image : undefined };
  } catch { // storage is forbidden: each visit is a first one
    return {};
  }
}

async function keep(cache, memory) {
  try {
    for (const older of await cache.keys()) await cache.delete(older);
    await cache.put(IMAGE, new Response(memory, { headers: { bytes: memory.byteLength } }));
  } catch { // no room: the next visit is a first one
  }
}

async function python(cache, image, ours) {
  const { loadPyodide } = await import("./pyodide.mjs");
  // No way from Python to this thread's own objects.
  const options = { indexURL: HERE, jsglobals: {} };
  if (image) {
    try {
      const made = await loadPyodide({ ...options, _loadSnapshot: image });
      made.FS.writeFile("/convcost.zip", new Uint8Array(await ours));
      made.runPython("import random; random.seed()"); // else the same numbers in each visit
      return made;
    } catch (error) {
      await cache.delete(IMAGE);
      throw new Error("what an earlier visit has kept is damaged, and now gone", { cause: error });
    }
  }
  const made = await loadPyodide({ ...options, _makeSnapshot: Boolean(cache) });
  made.FS.writeFile("/convcost.zip", new Uint8Array(await ours));
  made.runPython("import sys; sys.path.insert(0, '/convcost.zip'); import random, session");
  if (cache) keep(cache, made.makeMemorySnapshot());
  return made;
}

async function start() {
  const { cache, image } = await kept();
  self.fetch = counted;
  const ours = counted(`${HERE}convcost.zip`).then((response) => response.arrayBuffer());
  const answer = (await python(cache, image, ours)).pyimport("session").answer;
  shut();
  postMessage({ ready: true });
  return answer;
}

// What a reader's code could reach by eval, and has no business with: the network, the page's
// messages of its own making, and the end of this thread, which the page would not hear of.
function shut() {
  const closed = () => { throw new Error("a page's Python can't do that"); };
  for (const name of ["fetch", "close", "importScripts", "XMLHttpRequest", "WebSocket", "EventSource",
    "WebTransport", "Worker", "indexedDB", "caches", "BroadcastChannel"]) {
    for (let home = self; home; home = Object.getPrototypeOf(home)) {
      if (Object.hasOwn(home, name)) Reflect.deleteProperty(home, name);
    }
    Reflect.defineProperty(self, name, { value: closed, writable: false, configurable: false });
  }
}

const started = Promise.race([start(), failure]);
const words = (error) => String(error?.message || error).split("\n")[0];
self.addEventListener("message", async ({ data: { id, request } }) => {
  let answer;
  try {
    answer = await started;
  } catch (error) {
    postMessage({ absent: words(error) });
    return;
  }
  try {
    postMessage({ id, answer: answer(request) });
  } catch (error) {
    postMessage({ broken: words(error) });
  }
});
