/* What this reader has read, and where they were: kept in this browser and sent nowhere. A chapter
   is read when its reader says so at its end; to have scrolled there says little. */
(() => {
  "use strict";
  const KEY = "reading";
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  let kept = true;
  const read = () => {
    try {
      return { read: [], ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
    } catch (error) {
      kept &&= error instanceof SyntaxError; // what can't be read is written anew
      return { read: [] };
    }
  };
  const keep = (change) => {
    try { localStorage.setItem(KEY, JSON.stringify({ ...read(), ...change })); } catch { kept = false; }
  };
  // The name of a page of this book, such as counting/memory.
  const nameOf = (link) => {
    const url = new URL(link.href);
    return url.href.startsWith(root.href) ? url.href.slice(root.href.length).replace(/\.html.*$/, "") : "";
  };

  // A mark beside each chapter that is read: in the navigation, and in the start page's list.
  const links = [...document.querySelectorAll("#site-navigation li > a, main td > p > a, main td > a")];
  const mark = () => {
    const { read: done } = read();
    for (const link of links) {
      const there = link.querySelector(".reading-mark");
      if (!done.includes(nameOf(link))) there?.remove();
      else if (!there) {
        const sign = document.createElement("span");
        sign.className = "reading-mark";
        sign.role = "img";
        sign.ariaLabel = "(read)";
        sign.textContent = "✓";
        link.append(sign);
      }
    }
  };
  mark();
  addEventListener("storage", mark); // said in another window

  const box = document.querySelector(".reading-done");
  const said = box?.querySelector("input");
  if (!box) return;
  const { page } = box.dataset;
  said.checked = read().read.includes(page);
  box.hidden = !kept;
  said.addEventListener("change", () => {
    const others = read().read.filter((name) => name !== page);
    keep({ read: said.checked ? [...others, page] : others });
    mark();
  });

  // For the start page's line, see layout.html.
  const words = (element) => element?.textContent.replace(/#$/, "").trim();
  addEventListener("pagehide", () => {
    const above = [...document.querySelectorAll("main section[id] > h2")]
      .filter((heading) => heading.getBoundingClientRect().top < innerHeight / 2).at(-1);
    const next = document.querySelector(".right-next");
    keep({ last: {
      page, title: words(document.querySelector("h1")),
      section: words(above) ?? "", anchor: above?.parentNode.id ?? "",
      next: next && { page: nameOf(next), title: words(next.querySelector(".prev-next-title")) },
    } });
  });
})();
