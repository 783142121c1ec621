// "Edit and run" on the cells that need no torch.

const cells = []; // all that run, in the page's order: what each is called, and its text by now

// Tells versions of a cell apart: what was written for one is not shown for another.
function shortHash(text) {
  let hash = 0;
  for (const character of text) hash = (Math.imul(hash, 31) + character.codePointAt(0)) | 0;
  return (hash >>> 0).toString(36);
}

function openable(box, cell, above) {
  const input = box.querySelector(".cell_input");
  const own = () => [...box.children].filter((part) => part.matches(".cell_output, details.hide.below-input"));
  const open = () => {
    const made = editor({
      source: cell.source, name: `cell ${shortHash(cell.source)}`, label: "Code of this cell", verb: "Run",
      async work(text, tell, output) {
        const answer = await run(text, { before: above().map(({ name, text: get }) => [name, get()]) }, tell);
        for (const part of own()) part.hidden = true;
        showOutputs(output, answer.outputs);
        const error = answer.outputs.find(({ kind }) => kind === "error");
        return error ? error.text.split("\n").at(-1) : answer.outputs.length ? "Done." : "Done; nothing to show.";
      },
      reset() { for (const part of own()) part.hidden = false; },
    });
    input.hidden = opener.hidden = true;
    input.after(made.root);
    cell.text = () => made.field.value;
    return made;
  };
  const opener = button("Edit and run", () => { const made = open(); made.field.focus(); made.go(); }, { className: "python-open" });
  input.after(opener);
  if (stored.get(`cell ${shortHash(cell.source)}`) !== null) open();
}

{
  const boxes = [...document.querySelectorAll(".python-cell")];
  for (const given of DATA.cells) {
    const box = given === null ? boxes.shift() : undefined;
    const source = given ?? originalOf(box);
    const place = cells.length;
    const cell = { name: box ? `Cell ${cells.filter((one) => one.box).length + 1} above` : "A hidden cell", box, source, text: () => source };
    cells.push(cell);
    if (box) openable(box, cell, () => cells.slice(0, place).map((one) => ({ name: one.name, text: one.text })));
  }
  for (const box of document.querySelectorAll(".python-elsewhere")) {
    pointer(box, "This cell needs PyTorch, or another package that a browser’s Python lacks. ");
  }
}
