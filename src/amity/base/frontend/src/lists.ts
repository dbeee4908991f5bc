// Lists: j/k move, x selects, Enter opens; ticking rows shows the bar of bulk actions with the count.
import { all, find, typing } from "./dom";

const LISTS = ".list, [data-ticks]"; // tables, and cards that can be ticked

export function startLists(): void {
  document.addEventListener("change", onTick);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.body.addEventListener("htmx:afterSettle", () => all(LISTS).forEach(countTicked));
  all(LISTS).forEach(countTicked);
}

function ticks(list: Element): HTMLInputElement[] {
  return all<HTMLInputElement>(".check input[type=checkbox]:not([data-all])", list);
}

let lastTicked: HTMLInputElement | null = null;
function onTick(event: Event): void {
  const box = event.target as HTMLInputElement;
  const list = box.closest(LISTS);
  if (!list || box.type !== "checkbox") return;
  if (box.matches("[data-all]")) ticks(list).forEach((each) => (each.checked = box.checked));
  else lastTicked = box;
  countTicked(list);
}

function countTicked(list: Element): void {
  const boxes = ticks(list);
  const count = boxes.filter((box) => box.checked).length;
  const header = find<HTMLInputElement>("[data-all]", list);
  if (header) {
    header.checked = count > 0 && count === boxes.length;
    header.indeterminate = count > 0 && count < boxes.length;
  }
  const bar = find(".bulkbar", list.closest("form") ?? document);
  if (!bar || !boxes.length) return;
  bar.hidden = count === 0;
  const number = find("[data-count]", bar);
  if (number) number.textContent = count.toLocaleString(document.documentElement.lang);
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  const row = target.closest<HTMLElement>(".list tr");
  if (!row) return;
  const box = target.closest<HTMLInputElement>("td.check input");
  if (box && event.shiftKey && lastTicked) tickRange(row.closest(".list")!, lastTicked, box);
  const url = row.dataset.href;
  if (!url || target.closest("a, button, input, label, summary, details, select")) return;
  if (window.getSelection()?.toString()) return;
  if (event.metaKey || event.ctrlKey) window.open(url, "_blank", "noopener");
  else open(row);
}

function tickRange(list: Element, from: HTMLInputElement, to: HTMLInputElement): void {
  const boxes = ticks(list);
  const ends = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
  if (ends[0]! < 0) return;
  boxes.slice(ends[0], ends[1]! + 1).forEach((box) => (box.checked = to.checked));
  countTicked(list);
}

function open(row: HTMLElement): void {
  const link = find<HTMLAnchorElement>("a.main", row) ?? find<HTMLAnchorElement>("a[href]", row);
  if (link) link.click();
  else if (row.dataset.href) window.location.assign(row.dataset.href);
}

function onKey(event: KeyboardEvent): void {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
  const list = find(".list[data-keys], .list:has(tr[data-href])");
  if (!list) return;
  const rows = all("tbody tr", list);
  const at = rows.findIndex((row) => row.classList.contains("focus"));
  if (event.key === "j" || event.key === "k") {
    move(rows, at, event.key === "j" ? 1 : -1);
  } else if (event.key === "x" && at >= 0) {
    find<HTMLInputElement>("td.check input", rows[at])?.click();
  } else if (event.key === "Enter" && at >= 0 && !(event.target as Element).closest("a, button, summary")) {
    open(rows[at]!);
  } else return;
  event.preventDefault();
}

function move(rows: HTMLElement[], at: number, step: number): void {
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  if (!next) return;
  rows[at]?.classList.remove("focus");
  next.classList.add("focus");
  next.scrollIntoView({ block: "nearest" });
  (find("a.main", next) ?? find("a[href]", next))?.focus({ preventScroll: true });
}
