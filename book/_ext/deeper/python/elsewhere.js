// The cells that a page can't run say, when asked, where they run.

function originalOf(box) {
  return box.querySelector(".cell_input pre").textContent.replace(/\n$/, "");
}

// The menu above the page knows where else it runs.
function elsewhere() {
  const links = [...document.querySelectorAll(".site-menu li > a")].slice(0, 3).map((link) => {
    const copy = link.cloneNode(true);
    copy.querySelector("small")?.remove();
    copy.textContent = copy.textContent.trim();
    return copy;
  });
  return links.flatMap((link, k) => [k ? " · " : "", link]);
}

function pointer(box, why) {
  const place = box.querySelector(".cell_input .highlight");
  if (!place) return;
  const said = make("p", { className: "python-status" });
  said.setAttribute("role", "status");
  place.append(button("Run it", () => { said.replaceChildren(why, ...elsewhere()); }, { className: "copy-button python-elsewhere-button" }));
  box.querySelector(".cell_input").after(said);
}
