"use strict";
// Sorting: a heading is a button, so keyboard and screen reader come for free. The first click puts the better
// end (or the first letter) on top; rows without a value stay at the bottom either way.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const original = [...body.rows];
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const first = head.dataset.first || "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const now = before === first ? other : first;
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", now);
      const sign = now === "ascending" ? 1 : -1;
      const key = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent;
      const words = head.dataset.words !== undefined;
      const rows = original.map((row, place) => ({ row, place, value: key(row) }));
      rows.sort((a, b) => {
        if (a.value === "" || b.value === "") return (a.value === "") - (b.value === "") || a.place - b.place;
        const order = words ? a.value.localeCompare(b.value, "en", { numeric: true })
                            : parseFloat(a.value) - parseFloat(b.value);
        return sign * order || a.place - b.place;
      });
      body.append(...rows.map((r) => r.row));
    });
  });
}

// A panel opens larger in a dialog; Escape, the button or a click beside it closes.
const dialog = document.querySelector("dialog");
if (dialog && dialog.showModal) {
  for (const button of document.querySelectorAll(".panels button"))
    button.addEventListener("click", () => {
      const image = button.querySelector("img");
      dialog.querySelector("img").src = image.src;
      dialog.querySelector("img").alt = image.alt;
      dialog.querySelector("p").textContent = button.dataset.title;
      dialog.showModal();
    });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.tagName === "BUTTON" || event.target.tagName === "IMG") dialog.close();
  });
}

// Paper has no folds: everything is shown while printing.
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  opened.forEach((d) => { d.open = true; });
});
window.addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
