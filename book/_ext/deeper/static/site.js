/* What a page does beyond reading: in place of some 110 KB (gz) of the theme's scripts. */
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.documentElement;
  const own = document.currentScript.src;

  // Color theme: as the system has it, light, dark.
  const MODES = { auto: "as the system", light: "light", dark: "dark" };
  const button = document.querySelector(".theme-button");
  const label = () => {
    const icons = { auto: "fa-circle-half-stroke", light: "fa-sun", dark: "fa-moon" };
    button.ariaLabel = button.title = `Color theme: ${MODES[root.dataset.mode]}`;
    button.firstElementChild.className = `fa-solid ${icons[root.dataset.mode]}`;
  };
  button.addEventListener("click", () => {
    const modes = Object.keys(MODES);
    setMode(modes[(modes.indexOf(root.dataset.mode) + 1) % modes.length]);
    label();
  });
  label();

  // A menu closes when the reader goes elsewhere.
  const menus = all("details.site-menu");
  addEventListener("click", ({ target }) => {
    for (const menu of menus) if (!menu.contains(target)) menu.open = false;
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of menus) menu.open = false;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const search = document.querySelector(".bd-article .site-search input, .site-search input");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.closest("[popover]")?.showPopover?.();
      search.focus();
    }
  });
  // Without a network the menu says what it cannot open.
  const tell = () => { for (const note of all(".site-menu__offline")) note.hidden = navigator.onLine; };
  for (const change of ["online", "offline"]) addEventListener(change, tell);
  tell();

  // In the navigation and the contents a link followed closes the popover it stands in.
  for (const popover of all("[popover]"))
    popover.addEventListener("click", ({ target }) => target.closest("a") && popover.hidePopover());

  // In a long list the reader sees where they are: its own box scrolls, not the page.
  const reveal = (link, list) => {
    if (!link || !list.clientHeight) return;
    const { top, bottom } = link.getBoundingClientRect(), box = list.getBoundingClientRect();
    if (top < box.top || bottom > box.top + list.clientHeight)
      list.scrollTop += top - box.top - list.clientHeight / 3;
  };
  const navigation = document.querySelector("#site-navigation");
  const here = all("li.current > a", navigation).at(-1);
  navigation.addEventListener("toggle", () => reveal(here, navigation));
  reveal(here, navigation);

  // The section on screen is marked in the contents.
  const contents = document.querySelector("#page-contents");
  const links = new Map(all("#page-contents a").map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
  const headings = all("main section[id]").filter((section) => links.has(section.id));
  const mark = () => {
    const above = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const current = links.get(above.at(-1)?.id);
    for (const link of links.values())
      link === current ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    if (current) reveal(current, contents);
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting || !headings.length) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });

  // Code can be copied where the browser allows it; of a session at Python's prompt, what was typed.
  const typed = (text) => !text.startsWith(">>> ") ? text : text.split("\n")
    .filter((line) => /^(>>>|\.\.\.)( |$)/.test(line)).map((line) => line.slice(4)).join("\n");
  if (navigator.clipboard)
    for (const pre of all("div.cell_input pre, div.highlight pre").filter((p) => !p.closest(".cell_output"))) {
      const copy = document.createElement("button");
      copy.type = "button";
      copy.className = "copy-button";
      copy.textContent = "Copy";
      copy.ariaLabel = "Copy the code";
      copy.addEventListener("click", async () => {
        await navigator.clipboard.writeText(typed(pre.textContent.trimEnd()));
        copy.textContent = "Copied";
        setTimeout(() => { copy.textContent = "Copy"; }, 1500);
      });
      pre.parentElement.append(copy);
    }

  // What scrolls within itself can be scrolled by keyboard, too.
  const scrollable = all("pre, .pst-scrollable-table-container, .math-scroll, .cell_output > .output");
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries)
      target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1
        ? (target.tabIndex = 0) : target.removeAttribute("tabindex");
  });
  for (const element of scrollable) observer.observe(element);
  globalThis.scrollsByKeyboard = (element) => observer.observe(element); // for what scripts add

  // On paper an answer does not stand below its question: all come at the page's end, in order.
  let undo = [];
  const answersLast = (article) => {
    const answers = document.createElement("section");
    answers.className = "answers";
    answers.innerHTML = "<h2>Answers</h2>";
    let questions = 0;
    const take = (node, place) => {
      const left = document.createComment("");
      node.replaceWith(left);
      place.append(node);
      undo.push(() => left.replaceWith(node));
    };
    const answer = (name, nodes) => {
      const box = document.createElement("div");
      box.className = "answer";
      box.append(Object.assign(document.createElement("strong"), { textContent: name }));
      for (const node of nodes) take(node, box);
      answers.append(box);
    };
    const folded = (fold) => [...fold.children].filter((part) => part.localName !== "summary");
    for (const asked of all("form.question, .practice, .admonition.dropdown, .predictions", article)) {
      const title = asked.querySelector("strong, summary"), said = title.textContent.trim();
      const exercise = /^\d+(?=\.)/.exec(said);
      if (asked.matches("form")) {
        title.textContent = `Quick question ${++questions}.`;
        undo.push(() => { title.textContent = said; });
        answer(title.textContent, folded(asked.querySelector("details")));
      } else if (asked.matches(".practice"))
        answer(asked.querySelector(".practice-title").textContent.trim(),
          folded(asked.querySelector(".practice-solution")));
      else if (asked.matches(".predictions")) answer(`${said}.`, all(":scope > ol", asked));
      else if (exercise) answer(`Exercise ${exercise}.`, folded(asked));
    }
    if (answers.children.length > 1) article.append(answers);
    undo.push(() => answers.remove());
  };
  addEventListener("beforeprint", () => {
    const article = document.querySelector("article");
    if (article && !undo.length) answersLast(article);
  });
  addEventListener("afterprint", () => {
    for (const back of undo.reverse()) back();
    undo = [];
  });

  // A sheet of this page's questions for a class (see the guide for instructors).
  if (location.search === "?sheet") {
    const script = document.createElement("script");
    script.src = own.replace("site.js", "sheet.js");
    document.head.append(script);
  }
})();
