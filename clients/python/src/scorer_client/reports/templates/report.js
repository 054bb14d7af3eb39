"use strict";
// Sorts tables by their headers and finds units by name. Without JavaScript, the page shows the same, in ranking order.
const plain = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("đ", "d").replaceAll("-", " ");
const value = cell => {
  const text = cell.textContent.trim();
  if (text === "-" || text === "") return [1, 0, ""];
  const number = text.match(/-?\d+(\.\d+)?/);
  return cell.querySelector("a") || !number ? [0, NaN, text] : [0, +number[0], text];
};
const order = new Intl.Collator(document.documentElement.lang, {numeric: true});
const compare = (a, b) => (isNaN(a[1]) || isNaN(b[1]) ? order.compare(a[2], b[2]) : a[1] - b[1]);

for (const table of document.querySelectorAll("table.ranking, table.criteria")) {
  const body = table.tBodies[0];
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.onclick = () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const at = [...table.tHead.rows[0].cells].slice(0, head.cellIndex).reduce((sum, cell) => sum + cell.colSpan, 0);
      const rows = [...body.rows].map(row => [value(row.cells[at]), row]);
      rows.sort(([a], [b]) => a[0] - b[0] || (up ? compare(a, b) : compare(b, a)));  // rows without a value stay last
      body.append(...rows.map(row => row[1]));
    };
  }
}

const box = document.getElementById("search");
const label = document.createElement("label"), input = document.createElement("input"), said = document.createElement("span");
input.type = "search";
said.setAttribute("role", "status");
label.append(box.dataset.label, input);
box.append(label, said);
const cards = [...document.querySelectorAll(".card")].map(card => [plain(`${card.querySelector("h4").textContent} ${decodeURIComponent(card.id.slice(2))}`), card]);
const rows = [...document.querySelectorAll(".ranking tbody tr")].map(row => [row.querySelector("a").hash.slice(1), row]);
let waiting = 0;
input.oninput = () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const wanted = plain(input.value.trim()), found = new Set();
    for (const [name, card] of cards) {
      card.hidden = !name.includes(wanted);
      if (!card.hidden) found.add(card.id);
    }
    for (const [unit, row] of rows) row.hidden = !found.has(unit);
    said.textContent = wanted ? box.dataset.found.replace("{n}", found.size) : "";
  }, 150);
};
