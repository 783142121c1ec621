/* A citation or a term of the glossary shows a small card: what it is, without leaving the line.
   It opens on hover, on focus and on tap; it can be pointed at and tabbed into; Escape closes it
   (WCAG 1.4.13). Without this script, and where the cards can't be had, the link leads there, as a
   click and the Enter key always do: only for a finger the card has that link once more, so that
   the Tab key has few stops. */
(() => {
  "use strict";
  const own = new URL(document.currentScript.src);
  const LINKS = "main a[href*='glossary.html#term-'], main a[href*='references.html#']";
  const OPEN_AFTER = 120, CLOSE_AFTER = 250, GAP = 6, EDGE = 8;

  const card = document.createElement("div");
  card.className = "card";
  card.popover = "manual";
  card.innerHTML = '<div id="card-text"></div><p><a class="card-more"></a></p>';
  const [text, more] = [card.firstElementChild, card.querySelector("a")];
  let link, wanted, timer, loading, finger = false;

  const load = () => loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = new URL("cards-data.js" + own.search, own);
    script.onload = () => done(globalThis.CARDS);
    script.onerror = () => { loading = undefined; failed(new Error(`no ${script.src}`)); };
    document.head.append(script);
  });

  const close = () => {
    clearTimeout(timer);
    wanted = undefined;
    if (!link) return;
    link.removeAttribute("aria-describedby");
    link = undefined;
    card.remove();
  };

  // Below the link, or above it where there is no room; of a link on two lines, below the last.
  const place = () => {
    const box = [...link.getClientRects()].at(-1), { offsetWidth: width, offsetHeight: height } = card;
    if (!box) return close();
    const { clientWidth, clientHeight } = document.documentElement;
    const above = link.getClientRects()[0].top - GAP - height;
    const top = box.bottom + GAP + height <= clientHeight || above < 0 ? box.bottom + GAP : above;
    const left = Math.max(EDGE, Math.min(box.left, clientWidth - width - EDGE));
    Object.assign(card.style, { left: `${left}px`, top: `${top}px` });
  };

  // False where there is no card for it.
  const open = async (asking) => {
    clearTimeout(timer);
    if (asking === link) return true;
    wanted = asking;
    const cards = await load().catch(() => ({}));
    const says = cards[decodeURIComponent(asking.hash.slice(1))];
    if (!says) return false;
    if (wanted !== asking) return true; // the reader is elsewhere by now
    close();
    link = asking;
    text.innerHTML = says;
    // Written for the page that the link leads to.
    for (const inner of text.querySelectorAll("a"))
      inner.href = new URL(inner.getAttribute("href"), link.href);
    more.parentNode.hidden = !finger;
    more.href = link.href;
    more.textContent = link.hash.startsWith("#term-") ? "In the glossary" : "In the references";
    link.after(card); // the next stop of the Tab key
    card.showPopover?.();
    link.setAttribute("aria-describedby", text.id);
    place();
    return true;
  };

  const asked = (target) => card.contains(target) ? undefined : target.closest?.(LINKS);
  const soon = (act, wait) => { clearTimeout(timer); timer = setTimeout(act, wait); };
  const held = () => card.contains(document.activeElement) || document.activeElement === link;

  addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    finger = false;
    const over = asked(target);
    if (!link && !over && wanted !== document.activeElement) wanted = undefined;
    if (over) soon(() => open(over), OPEN_AFTER);
    else if (link && card.contains(target)) clearTimeout(timer);
    else if (link && !held()) soon(close, CLOSE_AFTER);
    else clearTimeout(timer);
  });
  document.documentElement.addEventListener("pointerleave", () => !held() && soon(close, CLOSE_AFTER));
  addEventListener("focusin", ({ target }) => {
    const on = asked(target);
    if (on?.matches(":focus-visible")) open(on);
    else if (!card.contains(target) && target !== link) close();
  });
  addEventListener("keydown", (event) => {
    finger = false;
    if (event.key === "Tab") load().catch(() => {}); // in time for those who listen
    if (event.key !== "Escape" || !link) return;
    if (card.contains(document.activeElement)) link.focus();
    close();
  });
  // A finger has no hover: the first tap shows the card, the next one follows the link.
  addEventListener("pointerdown", ({ pointerType, target }) => {
    finger = pointerType === "touch";
    if (link && !card.contains(target) && asked(target) !== link) close();
  });
  addEventListener("click", (event) => {
    const tapped = asked(event.target);
    if (!tapped || !finger || tapped === link) return;
    event.preventDefault();
    open(tapped).then((shown) => { if (!shown) location.assign(tapped.href); });
  });
  let waiting = false;
  for (const change of ["scroll", "resize"]) addEventListener(change, () => {
    if (!link || waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; if (link) place(); });
  }, { capture: true, passive: true });
})();
