/* The search page: answers while one types, from the sections in search-sections.js. */

// Different ways to write one thing, in pages and in what is searched for. In this order.
const SAME = [
  [/[×✕]/g, "x"],
  [/[−–—‑]/g, "-"],
  [/(\d)[,\u202f\u2009](?=\d{3})/g, "$1"], // thousands
  [/\b(\d+)\s*(?:x|by)\s*(\d+)\b/g, "$1x$2"],
  [/(\d)\s+([mgk]|[mgk]i?b|ms)\b/g, "$1$2"], // a number and its unit
  [/(\d)\s+(million|billion|thousand)\b/g, (_, digit, word) => digit + { million: "m", billion: "g", thousand: "k" }[word]],
  [/\b(vgg|resnet|alexnet|densenet|convnext|efficientnet|mobilenet|inception|plain)[\s-]+(?=[bv]?\d)/g, "$1"],
  [/\b(?:skip|residual|identity)[\s-]+(?:connections?|mappings?)\b|\bshortcut connections?\b|\bskips\b/g, "shortcut"],
  [/\bmultiply[\s-]+(?:adds?|accumulates?|additions?)\b|\bmult[\s-]?adds\b|\bmacs\b/g, "mac"],
  [/\bflops?\b/g, "flop"],
  [/\bparams?\b/g, "parameter"],
  [/\b(?:batch[\s-]?norm(?:ali[sz]ation)?|bn)\b/g, "batch norm"],
  [/\bgap\b/g, "global average pooling"],
  [/\b(?:fully[\s-]connected|fc|dense) (?=layer)|\bfc\b/g, "linear "],
  [/\b(?:latency|runtime)\b/g, "inference time"],
  [/\b(?:gpu memory|vram|oom|out of memory)\b/g, "training memory"],
  [/\bfeature maps?\b/g, "map"],
];

function plain(text) {
  let found = text.normalize("NFKC").toLowerCase();
  for (const [pattern, instead] of SAME) found = found.replace(pattern, instead);
  return found;
}

// 25557032 is written as 25.6 M, too.
function roundNumbers(text) {
  return text.replace(/\b\d{5,}\b/g, (digits) => {
    const [size, unit] = digits.length > 9 ? [1e9, "g"] : digits.length > 6 ? [1e6, "m"] : [1e3, "k"];
    const value = Number(digits) / size;
    return `${digits} ${value.toFixed(value < 100 ? 1 : 0)}${unit}`;
  });
}

const words = (text) => text.match(/[\p{L}\d]+(?:\.\d+)?[\p{L}]*/gu) ?? [];
const hasDigit = /\d/;
const STOP = new Set("a an and are as at be by can do does for from has have how i in is it its of on or that the this to was what when where which who why with you".split(" "));
// Plural and singular are one word.
function stem(word) {
  if (STOP.has(word)) return null;
  return word.length > 3 && /[^su]s$/.test(word) ? word.slice(0, -1) : word;
}

let sections = [];
const engine = new MiniSearch({
  fields: ["title", "called", "about", "text"],
  tokenize: words,
  processTerm: stem,
});

// The book's text comes with the first question, not with the page.
let loading;
function loadSections() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.getElementById("search-results").dataset.sections;
    script.onload = resolve;
    script.onerror = () => {
      loading = undefined; // the next letter tries again
      reject(new Error("the book's text did not load"));
    };
    document.head.append(script);
  }).then(() => {
    sections = BOOK.flatMap(([page, kind, weight, about, called, found]) =>
      found.map(([anchor, title, text], k) => ({
        address: k ? `${page}#${anchor}` : page, kind, weight, title, text, page: found[0][1],
        about: k ? "" : `${kind} ${about}`, called: k ? "" : called,
      })),
    );
    engine.addAll(sections.map(({ title, called, about, text }, id) => ({
      id, title: plain(title), called: plain(called), about: plain(about), text: plain(text),
    })));
  });
  return loading;
}

const OPTIONS = {
  boost: { title: 5, called: 6, about: 2 },
  prefix: (term) => !/^\d+$/.test(term),
  weights: { fuzzy: 0.3, prefix: 0.25 },
  boostDocument: (id) => sections[id].weight,
};
// A word with a letter wrong, if as it stands it is nowhere in the book.
const wrong = { fuzzy: (term) => (term.length > 3 && !hasDigit.test(term) ? 0.25 : false) };

function search(text) {
  const query = plain(text);
  const numbers = words(query).every((word) => hasDigit.test(word));
  const asked = numbers ? roundNumbers(query) : query;
  for (const more of [{ combineWith: numbers ? "OR" : "AND" }, { combineWith: "AND", ...wrong }, { combineWith: "OR" }, wrong]) {
    const found = engine.search(asked, { ...OPTIONS, ...more });
    // What the package's reference alone has may be a word of the chapters, with a letter wrong.
    if (found.some(({ id }) => sections[id].weight > 0.1)) return found;
  }
  return engine.search(asked, OPTIONS);
}

// The words that were found, marked where they stand; about as much text as two lines.
const LENGTH = 180;
function excerpt(text, terms) {
  const tokens = [...text.matchAll(/\p{L}+-\d+|\d+(?:[.,]\d+)*(?:\s*×\s*\d+|\s*[MGk]\b)?|[\p{L}\d]+/gu)];
  const isHit = ([word]) => words(plain(word)).some((part) => terms.has(stem(part)));
  const hits = tokens.filter(isHit).map(({ index, 0: word }) => [index, index + word.length]);
  if (!hits.length) return [text.slice(0, LENGTH) + (text.length > LENGTH ? " …" : "")];
  // Begin where most of them are near each other.
  const near = ([start]) => hits.filter(([other]) => other >= start && other < start + LENGTH).length;
  const [at] = hits.reduce((best, hit) => (near(hit) > near(best) ? hit : best));
  let begin = Math.max(0, at - 50);
  if (begin) begin = text.indexOf(" ", begin) + 1;
  const end = Math.min(text.length, begin + LENGTH);
  const parts = [begin ? "… " : ""];
  let done = begin;
  for (const [from, to] of hits) {
    if (from < begin || to > end) continue;
    const mark = document.createElement("mark");
    mark.textContent = text.slice(from, to);
    parts.push(text.slice(done, from), mark);
    done = to;
  }
  parts.push(text.slice(done, end), end < text.length ? " …" : "");
  return parts;
}

const MOST = 30;
const list = document.getElementById("search-results");
const status = document.getElementById("search-status");
const hints = document.getElementById("search-hints");
const field = document.querySelector(".search-page input[name=q]");

async function show(text) {
  if (text.trim()) {
    try {
      await loadSections();
    } catch (error) {
      status.textContent = `The search can't start: ${error.message}. Try again when you are connected.`;
      return;
    }
    if (text !== field.value) return; // somebody typed on
  }
  const found = text.trim() ? search(text) : [];
  list.replaceChildren(...found.slice(0, MOST).map(({ id, match }) => {
    const { address, title, page, kind, text: all } = sections[id];
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = address;
    link.textContent = title;
    const where = document.createElement("span");
    where.className = "search-where";
    where.textContent = [...new Set([kind, page])].filter((word) => word && word !== title).join(" · ");
    const context = document.createElement("p");
    context.className = "search-context";
    context.append(...excerpt(all, new Set(Object.keys(match))));
    item.append(link, where, context);
    return item;
  }));
  hints.hidden = found.length > 0;
  const shown = found.length > MOST ? `The first ${MOST} of ${found.length} sections` : `${found.length} ${found.length === 1 ? "section" : "sections"}`;
  if (!text.trim()) status.textContent = "";
  else if (found.length) status.textContent = `${shown} found.`;
  else status.textContent = `Nothing in the book matches “${text.trim()}”. Try a shorter word, or one of these:`;
}

let waiting;
field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    show(field.value);
    const address = new URL(location.href);
    address.search = field.value ? `?${new URLSearchParams({ q: field.value })}` : "";
    history.replaceState(null, "", address);
  }, 60);
});
field.form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(field.value);
});
for (const button of hints.querySelectorAll("button")) {
  button.addEventListener("click", () => {
    field.value = button.textContent;
    show(field.value);
    field.focus();
  });
}
field.value = new URLSearchParams(location.search).get("q") ?? "";
show(field.value);
