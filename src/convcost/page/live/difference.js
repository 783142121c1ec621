// The difference between two findings: numbers that changed where the words are the same.

// A number as findings write it, with its unit or its further factors; punctuation; a word.
const TOKEN =
  /(?<=^|[\s(])([−-]?\d+(?:,\d{3})*(?:\.\d+)?(?:\/\d+|\s·\s10[⁻⁰¹²³⁴-⁹]+)?(?:%|\s(?:[kMGT]|[KMGT]iB|m?s)(?=[\s),.;:]|$)|(?:\s×\s\d+)*)|[Oo]ne)(?=[\s),.;:]|$)|([(),.;:=])|[^\s(),.;:=]+/g;

// Names of networks, blocks and options, which may differ where two findings say the same.
const isName = (word) => /^[A-Z]$|[a-z][A-Z]|\d.*[A-Za-z]|[A-Za-z].*\d/.test(word);

function tokens(finding) {
  const found = [];
  for (const { 0: text, 1: number, 2: stop, index } of finding.matchAll(TOKEN)) {
    if (number) found.push({ number, counts: /^ [a-z]/.test(finding.slice(index + text.length)) });
    else if (stop || !isName(text)) found.push({ word: text.replace(/s$/, ""), stop });
    else if (!found.at(-1)?.name) found.push({ name: true });
  }
  return found;
}

function valueOf(number) {
  return parseFloat(number.replace(/^one$/i, "1").replaceAll(",", "").replace("−", "-"));
}

// Readers compare quantities first, then shares, factors and what is counted; places hardly.
function rankOf({ number, counts }) {
  if (/,|[kMGTBs]$/.test(number)) return 0;
  return /[.%]/.test(number) || counts ? 1 : 2;
}

// Compares two findings up to where they no longer say the same. What a number counts is said after
// it, so the words from there to the next number or stop must be the same, too.
// echoes: tells whether two numbers only repeat what a control says.
// Returns the difference in two parts at most, and whether all words are alike.
function difference(before, now, echoes) {
  const [old, present] = [before, now].map(tokens);
  const found = [];
  let open = null;
  let alike = true;
  const close = () => {
    if (open && !found.some(({ text }) => text === open.text)) found.push(open);
    open = null;
  };
  for (let k = 0; k < Math.min(old.length, present.length); k++) {
    const [a, b] = [old[k], present[k]];
    alike = a.word === b.word && !a.number === !b.number && a.number?.endsWith("%") === b.number?.endsWith("%");
    if (!alike) break;
    if (a.number || a.stop) close();
    if (a.number && a.number !== b.number && !echoes(valueOf(a.number), valueOf(b.number))) {
      open = { text: `${b.number}, was ${a.number}`, rank: rankOf(b), at: k };
    }
  }
  if (alike) close();
  const best = found.filter(({ rank }) => rank < 2).sort((a, b) => a.rank - b.rank || a.at - b.at).slice(0, 2);
  return { alike, parts: best.sort((a, b) => a.at - b.at).map(({ text }) => text) };
}
