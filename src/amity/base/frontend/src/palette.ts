// Global search and commands: Ctrl/Cmd-K or "/". An accessible combobox over the partial that the search page serves.
import { all, find, word } from "./dom";

const PAUSE_MS = 120;
let dialog: HTMLDialogElement | null;
let input: HTMLInputElement;
let results: HTMLElement;
let asked: AbortController | undefined;
let timer = 0;

export function startPalette(): void {
  dialog = find<HTMLDialogElement>("dialog.palette");
  if (!dialog) return;
  input = find<HTMLInputElement>(".palette-input", dialog)!;
  results = find(".palette-results", dialog)!;
  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(search, PAUSE_MS);
  });
  input.addEventListener("keydown", onKey);
  results.addEventListener("pointermove", (event) => select((event.target as Element).closest<HTMLElement>("[role=option]")));
  document.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("[data-palette]")) return;
    event.preventDefault();
    openPalette();
  });
}

export function openPalette(): void {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  input.select();
  void search();
}

async function search(): Promise<void> {
  asked?.abort();
  asked = new AbortController();
  const query = input.value.trim();
  const places = commands(query);
  const url = dialog!.dataset.url;
  if (!url || query.length < 2) {
    show(places);
    return;
  }
  try {
    const answer = await fetch(`${url}?${new URLSearchParams({ q: query })}`, {
      headers: { "HX-Request": "true", "HX-Target": "palette-results" },
      credentials: "same-origin",
      signal: asked.signal,
    });
    const box = document.createElement("div");
    box.innerHTML = answer.ok ? await answer.text() : "";
    show([...found(box), ...places]);
  } catch (error) {
    if ((error as Error).name !== "AbortError") show(places);
  }
}

/** Links of the search partial become options; its headings become group labels. */
function found(box: HTMLElement): HTMLElement[] {
  return all("a[href], [data-group]", box).map((element) => {
    if (element instanceof HTMLAnchorElement) return element;
    return group(element.textContent ?? "");
  });
}

/** Places in the rail that match what was typed (all of them when nothing was). */
function commands(query: string): HTMLElement[] {
  const wanted = query.toLocaleLowerCase();
  const links = all<HTMLAnchorElement>("#drawer .rail-link, #drawer [data-command]")
    .filter((link) => link.href && (link.textContent ?? "").trim().toLocaleLowerCase().includes(wanted))
    .map((link) => {
      const option = document.createElement("a");
      option.href = link.href;
      const mark = link.querySelector("svg")?.cloneNode(true);
      if (mark) option.append(mark);
      const label = document.createElement("span");
      label.textContent = (link.querySelector("span")?.textContent ?? link.textContent ?? "").trim();
      option.append(label);
      return option;
    });
  return links.length ? [group(word("goto")), ...links] : [];
}

function group(text: string): HTMLElement {
  const label = document.createElement("div");
  label.className = "palette-group";
  label.setAttribute("role", "presentation");
  label.textContent = text.trim();
  return label;
}

function show(items: HTMLElement[]): void {
  const options = items.filter((item) => item instanceof HTMLAnchorElement);
  options.forEach((option, index) => {
    option.id = `palette-option-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.tabIndex = -1;
  });
  results.replaceChildren(...(options.length ? items : [group(word("nothing"))]));
  input.setAttribute("aria-expanded", String(options.length > 0));
  select(options[0] ?? null);
}

function select(option: HTMLElement | null): void {
  if (!option) return;
  all("[aria-selected=true]", results).forEach((each) => each.setAttribute("aria-selected", "false"));
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function onKey(event: KeyboardEvent): void {
  const options = all("[role=option]", results);
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const step = event.key === "ArrowDown" ? 1 : -1;
    select(options[(at + step + options.length) % options.length] ?? null);
  } else if (event.key === "Enter") {
    options[at]?.click();
  } else return;
  event.preventDefault();
}
