(() => {
  // One line for who comes back, in its place before the first paint (see static/reading.js).
  let kept;
  try { kept = JSON.parse(localStorage.getItem("reading") ?? "{}"); } catch { return; /* storage is blocked, or not ours */ }
  const { last, read = [] } = kept;
  if (!last) return;
  const line = document.createElement("p"), link = document.createElement("a");
  line.className = "reading-continue";
  const done = read.includes(last.page);
  if (done && !last.next) return;
  const { page, title, section, anchor } = done ? last.next : last;
  link.href = `${page}.html${anchor ? `#${anchor}` : ""}`;
  link.textContent = section ? `${title}: ${section}` : title;
  line.append(done ? "Continue with " : "Continue where you were: ", link);
  document.currentScript.replaceWith(line);
})();
