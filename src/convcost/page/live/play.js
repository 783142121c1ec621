// Plays a control: one step each beat, until there is no further one or the reader steps in.

const BEAT_MS = 800;

// says: resolves to what the figure says when all changes are drawn.
function startPlaying(model, button, says) {
  const { name, label, min, max, step } = model.get("plays");
  const trait = `at_${name}`;
  let beat = null;
  let ours = false;

  function show(word) {
    button.textContent = word;
    button.setAttribute("aria-label", `${word}: ${label}`);
  }

  function put(at) {
    ours = true; // other moves of the control are the reader's
    model.set(trait, at);
    model.save_changes?.(); // a page's model keeps nothing elsewhere
    ours = false;
  }

  function pause() {
    clearInterval(beat);
    beat = null;
    show("Play");
  }

  // Goes on by a step; returns whether there was one that shows something else.
  async function advance() {
    const here = model.get(trait);
    if (here >= max) return false;
    const said = await says();
    put(here + step);
    if ((await says()) !== said) return true;
    put(here);
    return false;
  }

  button.addEventListener("click", async () => {
    if (beat !== null) {
      pause();
      return;
    }
    beat = setInterval(async () => {
      if (!(await advance())) pause();
    }, BEAT_MS);
    show("Pause");
    if (!(await advance())) put(min); // from its end it begins anew
  });
  const onMove = () => {
    if (!ours) pause();
  };
  model.on(`change:${trait}`, onMove);
  show("Play");
  return () => {
    pause();
    model.off(`change:${trait}`, onMove);
  };
}
