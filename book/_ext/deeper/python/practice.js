// Exercises: a stub to fill in, tests that say what was confused, hints one after another, the
// model solution once it was tried, new numbers. All of it stands in the page as HTML already.

// As the build writes a number into the prompt.
function written(number) {
  if (Array.isArray(number)) return number.map(written).join(", ");
  return Number.isInteger(number) && Math.abs(number) >= 10_000 ? number.toLocaleString("en-US") : String(number);
}

function exercise(section) {
  const data = JSON.parse(section.querySelector(".practice-data").textContent);
  const stub = section.querySelector(".practice-stub");
  const hints = [...section.querySelectorAll(".practice-hint")];
  const solution = section.querySelector(".practice-solution");
  const name = section.dataset.practice;
  let numbers = data.numbers ?? {};

  // The next hint is there when the one before has been read.
  hints.forEach((hint, k) => {
    hint.hidden = k > 0;
    hint.addEventListener("toggle", () => { if (hint.open && hints[k + 1]) hints[k + 1].hidden = false; });
  });
  const later = make("p", { className: "practice-later", textContent: "A solution is shown once you have run an answer of your own." });
  if (solution) {
    solution.hidden = true;
    solution.after(later);
  }

  async function work(text, tell, output) {
    const before = data.before ? [["The code above", data.before]] : [];
    const answer = await run(text, { before, tests: [["tests", data.tests]], numbers }, tell);
    const [test] = answer.tests;
    showOutputs(output, answer.outputs);
    // To run what was handed out is no attempt.
    if (solution && text.trim() !== data.stub.trim()) {
      solution.hidden = false;
      later.remove();
    }
    section.dataset.passed = String(Boolean(test?.passed));
    if (!test) return "Your code stops before it can be tested.";
    if (test.passed) return "Right: all tests pass.";
    return test.text.startsWith("Not ") ? test.text : `Not quite. ${test.text}`;
  }

  const draw = button("New numbers", async () => {
    try {
      const seed = crypto.getRandomValues(new Uint32Array(1))[0];
      numbers = await ask({ draw: data.draw, seed }, made.tell);
      for (const place of section.querySelectorAll(".practice-number")) place.textContent = written(numbers[place.dataset.name]);
      made.output.replaceChildren();
      delete section.dataset.passed;
      made.tell({ text: `New numbers: ${Object.entries(numbers).map(([key, value]) => `${key} = ${written(value)}`).join(", ")}.` });
    } catch (error) {
      made.tell({ text: error.message });
    }
  });
  const title = section.querySelector(".practice-title")?.textContent.trim() ?? name;
  const made = editor({
    source: data.stub, name: `practice ${name}`, label: `Your answer. ${title}`, verb: "Run the tests",
    work, reset() { delete section.dataset.passed; }, tools: data.draw ? [draw] : [],
  });
  stub.replaceWith(made.root);
}

for (const section of document.querySelectorAll("section.practice")) exercise(section);
