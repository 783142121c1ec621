/* A page opened with ?sheet is a sheet for a class: its predictions and quick questions, with boxes
   and lines for a pen, and no answers. site.js asks for this script then. */
(() => {
  "use strict";
  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const copy = (element) => {
    const copied = element.cloneNode(true);
    for (const name of ["id", "aria-labelledby"]) copied.removeAttribute(name);
    for (const named of copied.querySelectorAll("[id]")) named.removeAttribute("id");
    return copied;
  };
  const title = copy(document.querySelector("main h1"));
  title.querySelector(".headerlink")?.remove();
  const asked = [...document.querySelectorAll("main :is(.predict, form.question)")].map(copy);
  for (const question of asked) {
    for (const extra of question.querySelectorAll(".predict-note, .predict-line, button, details, .question-reply, script"))
      extra.remove();
    for (const control of question.querySelectorAll("input, textarea")) {
      const kind = control.type === "radio" ? "sheet-box" : control.type === "text" ? "sheet-line" : "sheet-lines";
      control.replaceWith(make("span", { className: kind }));
    }
    for (const label of question.querySelectorAll("label")) label.replaceWith(make("span", { className: "sheet-choice" }, ...label.childNodes));
  }
  const line = () => make("span", { className: "sheet-line" });
  const print = make("button", { type: "button", className: "sheet-print", textContent: "Print this sheet" });
  print.addEventListener("click", () => globalThis.print());
  const whole = make("a", { href: location.pathname, textContent: "The chapter" });
  // The chapter stays, unseen, for the scripts that have begun with it.
  for (const element of document.body.children) element.style.display = "none";
  document.body.append(make("main", {}, make("article", { className: "bd-article" },
    make("p", { className: "sheet-tools" }, print, whole),
    title, make("p", {}, "Name ", line(), " Date ", line()), ...asked)));
  document.documentElement.classList.add("sheet");
})();
