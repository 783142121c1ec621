// Fonts that lie in a style sheet are ready a moment after it: the first paint waits for them. Those
// that are files may come later, and say so (see fonts.py).
const carried = [...document.fonts].filter(({ display }) => display === "block");
document.documentElement.style.visibility = "hidden";
Promise.all(carried.map((face) => face.load())).finally(() => {
  document.documentElement.style.visibility = "";
});

// What a page does beyond being read comes after its first paint, for which a slow line is then
// free. A page that nobody sees paints nothing, and has no cause to wait.
const painted = new Promise((resolve) => {
  setTimeout(resolve, document.hidden ? 0 : 3000);
  new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
});
const parsed = new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
document.documentElement.dataset.scripts = "waiting";
Promise.all([painted, parsed]).then(() => Promise.all(lateScripts.map((src) => new Promise((resolve) => {
  const script = document.createElement("script");
  Object.assign(script, { src, async: false, onload: resolve, onerror: resolve });
  document.head.append(script);
})))).then(() => { document.documentElement.dataset.scripts = "there"; });
