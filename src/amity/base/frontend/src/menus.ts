// <details> menus and score panels: one open at a time, Escape and a click outside close them, arrows walk the items.
import { all } from "./dom";

const SELECTOR = "details.menu, details.score";
const PINNED = ".table-wrap, .board";
const MARGIN = 8;

export function startMenus(): void {
  document.addEventListener("click", (event) => closeOthers(event.target as Element));
  document.addEventListener("keydown", onKey);
  document.addEventListener("toggle", onToggle, true);
  document.querySelector(".subnav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  window.addEventListener("scroll", () => all<HTMLDetailsElement>("details.score[open], details.menu[open]").filter((each) => each.closest(PINNED)).forEach(place), true);
}

function closeOthers(target: Element): void {
  const left = target.closest("[data-dialog]")?.closest<HTMLDetailsElement>("details.menu");
  if (left) {
    left.open = false;
    left.querySelector("summary")?.focus(); // where the dialog gives the focus back to
  }
  for (const details of all<HTMLDetailsElement>(SELECTOR)) {
    if (details.open && !details.contains(target)) details.open = false;
  }
}

function onToggle(event: Event): void {
  const details = event.target;
  if (!(details instanceof HTMLDetailsElement) || !details.open || !details.matches(SELECTOR)) return;
  if (details.closest(PINNED)) place(details);
  else keepInside(details);
}

/** A menu near the edge of the window, or of the pane that would cut it off, opens towards the middle. */
function keepInside(details: HTMLDetailsElement): void {
  const panel = details.querySelector<HTMLElement>(".score-panel, .menu-list");
  if (!panel) return;
  panel.style.translate = "none";
  const box = panel.getBoundingClientRect();
  const pane = details.closest(".inbox-talk")?.getBoundingClientRect();
  const left = Math.max(0, pane?.left ?? 0) + MARGIN;
  const right = Math.min(document.documentElement.clientWidth, pane?.right ?? Infinity) - MARGIN;
  const shift = Math.min(0, right - box.right) || Math.max(0, left - box.left);
  panel.style.translate = `${shift}px 0`;
}

/** Panels inside a scrolling table would be cut off: pin them to the window instead. */
function place(details: HTMLDetailsElement): void {
  const panel = details.querySelector<HTMLElement>(".score-panel, .menu-list");
  if (!panel) return;
  const box = details.getBoundingClientRect();
  panel.style.position = "fixed";
  panel.style.right = panel.style.bottom = "auto";
  const left = Math.min(box.left, window.innerWidth - panel.offsetWidth - 16);
  const below = box.bottom + 6 + panel.offsetHeight <= window.innerHeight;
  panel.style.left = `${Math.max(16, left)}px`;
  panel.style.top = `${below ? box.bottom + 6 : Math.max(8, box.top - panel.offsetHeight - 6)}px`;
}

function onKey(event: KeyboardEvent): void {
  const details = (event.target as Element).closest<HTMLDetailsElement>(SELECTOR);
  if (!details?.open) return;
  if (event.key === "Escape") {
    details.open = false;
    details.querySelector("summary")?.focus();
    event.stopPropagation();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    walk(details, event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  }
}

function walk(details: HTMLDetailsElement, step: number): void {
  const items = all(".menu-item", details);
  if (!items.length) return;
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[(at + step + items.length) % items.length]?.focus();
}
