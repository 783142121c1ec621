/* Quick questions: what the reader gave is compared with what stands in the folded answer. In a
   notebook this script stands behind the form that it is for, on a page it is for all of them. */
const before = document.currentScript.previousElementSibling;
const forms = before?.matches("form.question") ? [before] : document.querySelectorAll("form.question");
for (const form of forms) {
  const reply = form.querySelector(".question-reply");
  const right = form.querySelector("details > p");
  const field = form.querySelector("input[type=text]");
  const keys = [...form.querySelectorAll("details [data-choice], details [data-from]")];

  // 1,792 or 1.85 G or 1.85e9; undefined for what is no number.
  const parsed = (text) => {
    const [, digits, prefix] = /^([-+]?[\d,_\s]*\.?\d+(?:e[-+]?\d+)?)\s*([kMGT]?)$/i.exec(text.trim()) ?? [];
    if (digits === undefined) return undefined;
    const power = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 }[prefix.toLowerCase()] ?? 1;
    return Number(digits.replace(/[,_\s]/g, "")) * power;
  };
  const say = (verdict, words) => {
    const strong = document.createElement("strong");
    strong.textContent = verdict;
    reply.replaceChildren(strong, " ", ...words);
    reply.dataset.right = verdict === "Right.";
  };
  const answer = () => {
    const value = field ? parsed(field.value) : form.querySelector("input:checked")?.value;
    if (value === undefined || (field && !Number.isFinite(value))) {
      return say(field ? "Give a number, such as 1,234 or 1.2 M." : "Choose one first.", []);
    }
    const close = 1e-9 * Math.abs(value); // 1.1 * 3 is not 3.3
    const key = keys.find(({ dataset }) => field
      ? dataset.from - close <= value && value <= Number(dataset.to) + close
      : dataset.choice === value);
    const words = key ? [...key.querySelector(".question-word").cloneNode(true).childNodes]
      : [value < Number(right.dataset.from) ? "That is too small." : "That is too large."];
    return say(key === right ? "Right." : "Not quite.", words);
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); answer(); });
  // JupyterLab keeps Enter from submitting a form.
  field?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    answer();
  });
  // A reply speaks of one answer only.
  form.addEventListener("input", () => { reply.replaceChildren(); delete reply.dataset.right; });
  for (const control of form.querySelectorAll("[hidden]")) control.hidden = false;
}
