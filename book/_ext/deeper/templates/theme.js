(() => {
  // The reader's choice or the system's, before the first paint.
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let mode = root.dataset.mode;
    try { mode = localStorage.getItem("mode") || mode; } catch { /* storage is blocked */ }
    root.dataset.mode = mode = ["light", "dark"].includes(mode) ? mode : "auto";
    root.dataset.theme = mode !== "auto" ? mode : dark.matches ? "dark" : "light";
  };
  globalThis.setMode = (mode) => {
    root.dataset.mode = mode;
    try { localStorage.setItem("mode", mode); } catch { /* storage is blocked */ }
    apply();
  };
  apply();
  dark.addEventListener("change", apply);
})();
