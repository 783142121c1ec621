/* Filters of the docket: rows that do not fit the menus are hidden, and the page says how many fit. */
for (const form of document.querySelectorAll(".docket-filter")) {
  const rows = [...form.parentElement.querySelectorAll("tr[data-verdict]")];
  const topics = [...form.parentElement.querySelectorAll(".docket-topic")];
  const status = form.querySelector("[role=status]");
  const choose = () => {
    const wanted = [...form.querySelectorAll("select")].filter((menu) => menu.value);
    for (const row of rows) row.hidden = wanted.some((menu) => row.dataset[menu.name] !== menu.value);
    for (const topic of topics) topic.hidden = !topic.querySelector("tr[data-verdict]:not([hidden])");
    const visible = rows.filter((row) => !row.hidden).length;
    status.textContent = visible === rows.length
      ? `All ${visible} claims are shown.` : `${visible} of ${rows.length} claims are shown.`;
  };
  form.addEventListener("change", choose);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(choose)); // the menus are reset after the event
  form.hidden = false;
  choose(); // browsers restore the menus of a page that a reader returns to
}
