// Questions of an assignment: answered and tested in the page with the tests that students see, and
// taken home in the notebook that is handed in.

function question(cell, before) {
  const { box, tests } = cell;
  const input = box.querySelector(".cell_input");
  const free = tests.filter((test) => test.free);
  if (!cell.free || !free.length) return pointer(box, "This question needs PyTorch, which no browser has: answer it in the notebook. ");

  const open = () => {
    const list = make("ul", { className: "python-tests" });
    const made = editor({
      source: cell.source, name: `answer ${cell.id}`, label: `Your answer: ${cell.id}`, verb: "Run the tests",
      async work(text, tell, output) {
        const asked = free.map(({ id, source }) => [id, source]);
        const answer = await run(text, { before: before(), tests: asked }, tell);
        showOutputs(output, answer.outputs);
        list.replaceChildren(...tests.map((test) => result(test, answer.tests.find(({ name }) => name === test.id), answer.ok)));
        if (!answer.ok) return "Your code stops before it can be tested.";
        const passed = answer.tests.filter((test) => test.passed).length;
        return `${passed} of ${free.length} ${free.length === 1 ? "test passes" : "tests pass"}. The grader runs more of them, with other numbers.`;
      },
      reset() { list.replaceChildren(); },
    });
    made.root.append(list);
    input.hidden = opener.hidden = true;
    input.after(made.root);
    cell.text = () => made.field.value;
    return made;
  };
  const opener = button("Answer here", () => open().field.focus(), { className: "python-open" });
  input.after(opener);
  if (stored.get(`answer ${cell.id}`) !== null) open();
  return undefined;
}

function result({ id, free, points }, found, ran) {
  const title = `${id.replaceAll("-", " ")} (${points} ${points === 1 ? "point" : "points"})`;
  if (!free) return make("li", { className: "python-skipped", textContent: `${title}: needs PyTorch, so it runs in the notebook only.` });
  if (!ran || !found) return make("li", { textContent: `${title}: not run.` });
  const item = make("li", { className: found.passed ? "python-passed" : "python-failed", textContent: `${title}: ${found.passed ? "passes." : "fails."}` });
  if (found.text) item.append(make("pre", { textContent: found.text }));
  return item;
}

// The notebook as it was released, with the reader's answers in the cells for them.
async function filledIn(address, answers) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status}`);
  const notebook = await response.json();
  for (const cell of notebook.cells) {
    const answer = answers.get(cell.metadata.nbgrader?.grade_id);
    if (answer !== undefined) cell.source = answer.split(/(?<=\n)/);
  }
  return new Blob([`${JSON.stringify(notebook, null, 1)}\n`], { type: "application/x-ipynb+json" });
}

{
  const all = [...document.querySelectorAll("div.cell")].map((box, k) => {
    const source = originalOf(box);
    return { ...DATA.questions[k], box, source, text: () => source, tests: [] };
  });
  let current;
  all.forEach((cell, place) => {
    if (cell.role === "test") current?.tests.push(cell);
    if (cell.role !== "solution") return;
    current = cell;
    cell.before = () => all.slice(0, place).filter(({ role, free }) => role !== "test" && free)
      .map(({ role, id, text }) => [role === "locked" ? "The numbers above" : `Your answer ${id}`, text()]);
  });
  const solutions = all.filter(({ role }) => role === "solution");
  for (const cell of solutions) question(cell, cell.before);

  const link = document.querySelector('article a[download][href$=".ipynb"]');
  link.closest("p").append(" Or answer here what needs no PyTorch: “Download as notebook”, at the end of the page, takes your answers with you.");
  const said = make("span", { className: "python-status" });
  said.setAttribute("role", "status");
  const take = button("Download as notebook", async () => {
    if (location.protocol === "file:") { said.textContent = whyNot(); return; }
    try {
      const blob = await filledIn(link.href, new Map(solutions.map(({ id, text }) => [id, text()])));
      const url = URL.createObjectURL(blob);
      make("a", { href: url, download: link.pathname.split("/").at(-1) }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      said.textContent = "Your answers are in it. What asks for PyTorch or for words is answered there; then hand it in.";
    } catch (error) {
      said.textContent = `The notebook could not be fetched (${error.message}). Your answers stay here; try again.`;
    }
  });
  all.at(-1)?.box.closest("article").append(make("p", { className: "python-handin" }, take, " ", said));
}
