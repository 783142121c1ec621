/* What the reader predicts is kept in this browser, by the question's own words, and stands beside
   the answer at the end of the page. Nothing is sent. Where the browser keeps nothing, it stands
   there for this visit, and the page says so. */
(() => {
  "use strict";
  const KEY = "predictions";
  const form = document.querySelector(".predict");
  const answers = document.querySelector(".predictions");
  const note = form.querySelector(".predict-note");
  const clear = answers.querySelector(".predict-clear");
  const { page } = form.dataset;
  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

  let kept = true;
  // All pages' predictions: page -> question -> what stands in its fields.
  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY) ?? "{}");
    } catch (error) {
      kept &&= error instanceof SyntaxError; // what can't be read is written anew
      return {};
    }
  };

  const questions = [...form.querySelectorAll("fieldset")].map((fieldset) => {
    const legend = fieldset.querySelector("legend");
    const radios = [...fieldset.querySelectorAll("input[type=radio]")];
    const fields = [...fieldset.querySelectorAll("input[type=text], textarea")];
    const option = (radio) => words(radio.closest("label"));
    const get = () => radios.length
      ? radios.filter((radio) => radio.checked).map(option) : fields.map((field) => field.value.trim());
    const set = (values) => {
      for (const radio of radios) radio.checked = values.includes(option(radio));
      fields.forEach((field, k) => { field.value = values[k] ?? ""; });
    };
    // "4 times as many": what was filled in, with the words around it.
    const said = () => radios.length ? get().join() : fields.filter((field) => field.value.trim())
      .map((field) => [...field.parentNode.childNodes].map((part) =>
        part === field ? field.value.trim() : part.nodeType === Node.TEXT_NODE ? part.data : "")
        .join("").replace(/\s+/g, " ").trim()).join(", ");
    return { legend, key: words(legend), get, set, said };
  });

  const labelled = (label) => {
    const line = document.createElement("p"), name = document.createElement("span");
    name.className = "predict-label";
    name.textContent = label;
    line.append(name, " ");
    return line;
  };
  const rows = [...answers.querySelectorAll(":scope > ol > li")].map((item, k) => {
    const asked = document.createElement("p");
    asked.className = "predict-asked";
    asked.append(...questions[k].legend.cloneNode(true).childNodes);
    const yours = labelled("You predicted"), answer = document.createElement("span");
    yours.append(answer);
    const said = item.firstElementChild;
    said.prepend(...labelled("The page’s answer").childNodes);
    item.prepend(asked);
    return { asked, yours, answer };
  });

  const show = () => {
    const all = questions.map((question) => question.said());
    rows.forEach(({ asked, yours, answer }, k) => {
      answer.textContent = all[k];
      all[k] ? asked.after(yours) : yours.remove();
    });
    clear.hidden = !all.some(Boolean) && !clear.querySelector("[role=status]").textContent;
    if (!kept)
      note.firstChild.data = "This browser keeps nothing here: what you predict lasts until you leave the page, and stands beside ";
  };
  const save = () => {
    const mine = questions.map(({ key, get }) => [key, get()]).filter(([, values]) => values.some(Boolean));
    const { [page]: _, ...others } = read();
    try {
      localStorage.setItem(KEY, JSON.stringify(mine.length ? { ...others, [page]: Object.fromEntries(mine) } : others));
    } catch { kept = false; } // no storage, or it is full
    show();
  };

  const before = read()[page] ?? {};
  for (const { key, set } of questions) set(before[key] ?? []);
  form.addEventListener("input", () => {
    clear.querySelector("[role=status]").textContent = "";
    save();
  });
  clear.querySelector("button").addEventListener("click", () => {
    for (const { set } of questions) set([]);
    clear.querySelector("[role=status]").textContent = "Your predictions on this page are cleared.";
    save();
  });
  for (const control of form.querySelectorAll("[hidden]")) control.hidden = false;
  show();
})();
