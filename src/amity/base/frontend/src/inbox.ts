// The inbox: keys of the list, composing (reply, note, macros, names after @), drafts that survive, sending that can be
// taken back, mail as it was written, who looks and who writes. Pages work without it.
import { all, find, post, typing } from "./dom";
import { take } from "./live";

const LOOKS_MS = 20_000; // "I am here", while the page is seen
const WRITES_MS = 3_000;
const GONE_MS = 45_000; // after this nobody is believed to be there still
const STILL_MS = 6_000;
const UNDO_MS = 15_000;

export function startInbox(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("input", onInput);
  document.addEventListener("change", onFiles);
  document.addEventListener("toggle", onToggle, true);
  document.body.addEventListener("htmx:afterSettle", refresh);
  document.body.addEventListener("htmx:configRequest", (event) => since(event as CustomEvent<Asking>));
  document.body.addEventListener("htmx:beforeSwap", (event) => added(event as CustomEvent<Swapping>));
  document.body.addEventListener("htmx:afterRequest", (event) => closeDialog(event as CustomEvent<Done>));
  document.body.addEventListener("composed", composed);
  document.body.addEventListener("taken-back", (event) => putText((event as CustomEvent<{ text: string }>).detail.text));
  document.addEventListener("live:said", (event) => heard((event as CustomEvent<Record<string, string>>).detail));
  document.addEventListener("visibilitychange", () => tell(document.hidden ? "left" : "looks"));
  window.addEventListener("pagehide", () => tell("left"));
  window.setInterval(() => !document.hidden && tell("looks"), LOOKS_MS);
  window.setInterval(showPresent, 2_000);
  refresh();
}

interface Done {
  elt: HTMLElement;
  successful: boolean;
  requestConfig?: { verb: string };
}

interface Asking {
  verb: string;
  target: HTMLElement;
  parameters: FormData & Record<string, string>;
}
interface Swapping {
  target: HTMLElement;
  serverResponse: string;
  shouldSwap: boolean;
}
const LIVE = "conversation-live";

/** Whoever changes the conversation that is open says what of it the page shows, and gets what is new. */
function since(event: CustomEvent<Asking>): void {
  const { verb, target, parameters } = event.detail;
  if (verb !== "post" || target?.id !== LIVE) return;
  parameters.since = (target.dataset.liveMore ?? "").split("since=")[1] ?? "";
}

function added(event: CustomEvent<Swapping>): void {
  const { target, serverResponse } = event.detail;
  if (target?.id !== LIVE || !serverResponse.includes("data-live-add")) return;
  event.detail.shouldSwap = false;
  take(new DOMParser().parseFromString(serverResponse, "text/html"), LIVE, true);
}

function pane(): HTMLElement | null {
  return find("#conversation[data-conversation]");
}

function text(): HTMLTextAreaElement | null {
  return find<HTMLTextAreaElement>("#composer-text");
}

let shown = "";
/** After every change of the page: the conversation that is open, its draft, its end. */
function refresh(): void {
  const open = pane();
  const id = open?.dataset.conversation ?? "";
  find("#inbox")?.toggleAttribute("data-open", id !== "");
  for (const row of all(".inbox-row")) row.toggleAttribute("data-current", row.dataset.key === id);
  if (!open || !id) return;
  if (find("#composer [data-compose][aria-pressed=true]")) compose(mode(), false);
  if (id === shown && text()?.dataset.ready) return;
  if (id !== shown) {
    present.clear();
    find(`.inbox-row[data-key="${id}"]`)?.classList.remove("unread");
  }
  shown = id;
  const field = text();
  if (field) {
    field.dataset.ready = "1";
    field.value = field.value || (sessionStorage.getItem(draftKey()) ?? "");
  }
  toEnd();
  tell("looks");
}

function toEnd(): void {
  const thread = find("#thread");
  if (thread) thread.scrollTop = thread.scrollHeight;
}

// --- keys ---------------------------------------------------------------------------------------------

function onKey(event: KeyboardEvent): void {
  if (!find("#inbox")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === text()) {
    event.preventDefault();
    all<HTMLButtonElement>("#composer .btn-primary").find((button) => !button.hidden)?.click();
    return;
  }
  if (event.target === text() && named(event)) return;
  if (event.key === "Escape" && typing(event.target) && find("#composer")?.contains(event.target as Node)) {
    (event.target as HTMLElement).blur();
    return;
  }
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || find("dialog[open]")) return;
  if (event.code === "KeyJ" || event.code === "KeyK") move(event.code === "KeyJ" ? 1 : -1);
  else if (event.code === "KeyX") find<HTMLInputElement>(".inbox-row.focus .check input")?.click();
  else if (event.code === "KeyU") undo();
  else return;
  event.preventDefault();
}

function move(step: number): void {
  const rows = all(".inbox-row");
  const focused = rows.findIndex((row) => row.classList.contains("focus"));
  const at = focused >= 0 ? focused : rows.findIndex((row) => row.hasAttribute("data-current"));
  const next = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))];
  if (!next) return;
  rows.forEach((row) => row.classList.toggle("focus", row === next));
  next.scrollIntoView({ block: "nearest" });
  find(".inbox-link", next)?.focus({ preventScroll: true });
}

function undo(): void {
  const back = all<HTMLButtonElement>(".toast-note [data-undo]").pop();
  back?.click();
}

// --- composing ----------------------------------------------------------------------------------------

function mode(): string {
  return find("#composer [data-compose][aria-pressed=true]")?.dataset.compose ?? "reply";
}

function draftKey(): string {
  return `amity:draft:${shown}`;
}

function compose(what: string, focus: boolean): void {
  const form = find("#composer");
  const field = text();
  if (!form || !field) return;
  field.dataset.reply ??= field.placeholder;
  field.placeholder = what === "note" ? (field.dataset.note ?? "") : field.dataset.reply;
  form.classList.toggle("is-note", what === "note");
  for (const tab of all("[data-compose]", form)) tab.setAttribute("aria-pressed", String(tab.dataset.compose === what));
  for (const part of all("[data-for]", form)) part.hidden = part.dataset.for !== what;
  if (focus) field.focus();
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  const tab = target.closest<HTMLElement>("[data-compose]");
  if (tab) compose(tab.dataset.compose ?? "reply", true);
  const macro = target.closest<HTMLElement>("[data-macro]");
  if (macro) void useMacro(macro);
  const bulk = target.closest<HTMLButtonElement>(".inbox-rows-form [data-what]");
  if (bulk) fill(bulk);
  if (target.closest("[data-images]")) showImages(target.closest("details"));
  const name = target.closest<HTMLElement>("#composer-names [data-name]");
  if (name) insertName(name.dataset.name ?? "");
  if (target.closest(".toast-note [data-undo]")) restore();
  const send = target.closest<HTMLButtonElement>("#composer button[hx-post]");
  if (send) sending(send);
}

function fill(button: HTMLButtonElement): void {
  const form = button.form;
  const what = form?.querySelector<HTMLInputElement>("[name=what]");
  const value = form?.querySelector<HTMLInputElement>("[name=value]");
  if (what && value) {
    what.value = button.dataset.what ?? "";
    value.value = button.dataset.value ?? "";
  }
}

async function useMacro(button: HTMLElement): Promise<void> {
  const answer = await fetch(button.dataset.macro ?? "", { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return;
  const told = (await answer.json()) as { id: string; text: string; name: string };
  button.closest("details")?.removeAttribute("open");
  compose("reply", true);
  insert(told.text);
  const hidden = find<HTMLInputElement>("#composer [name=macro]");
  if (hidden) hidden.value = told.id;
  const mark = find(".inbox-macro");
  if (mark) {
    mark.hidden = false;
    mark.textContent = told.name;
  }
}

function insert(words: string): void {
  const field = text();
  if (!field || !words) return;
  field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

let last = { of: "", words: "", at: 0 };
function sending(button: HTMLButtonElement): void {
  const key = find<HTMLInputElement>("#composer [name=key]");
  if (key && !key.value) key.value = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  last = { of: button.dataset.for === "reply" ? shown : "", words: text()?.value ?? "", at: performance.now() };
}

function composed(): void {
  const form = find<HTMLFormElement>("#composer");
  form?.reset();
  for (const name of ["key", "macro", "citations"]) {
    const field = find<HTMLInputElement>(`#composer [name=${name}]`);
    if (field) field.value = "";
  }
  sessionStorage.removeItem(draftKey());
  find(".inbox-macro")?.setAttribute("hidden", "");
  const files = find("#composer [data-files]");
  if (files) files.textContent = "";
  text()?.blur();
  compose("reply", false);
  window.setTimeout(toEnd);
}

/** Undo of a sending: what was written stands in the composer again. */
function restore(): void {
  if (last.of && performance.now() - last.at < UNDO_MS) sessionStorage.setItem(`amity:draft:${last.of}`, last.words);
  last = { of: "", words: "", at: 0 };
}

function putText(words: string): void {
  const field = text();
  if (!field || field.value) return;
  field.value = words;
  field.focus();
  sessionStorage.setItem(draftKey(), words);
}

function onInput(event: Event): void {
  if (event.target !== text()) return;
  sessionStorage.setItem(draftKey(), text()?.value ?? "");
  tell("writes");
  offerNames();
}

function onFiles(event: Event): void {
  const field = event.target as HTMLInputElement;
  const told = find("#composer [data-files]");
  if (field.name === "files" && told) told.textContent = [...(field.files ?? [])].map((file) => file.name).join(", ");
}

function closeDialog(event: CustomEvent<Done>): void {
  const { successful, elt, requestConfig } = event.detail;
  if (successful && requestConfig?.verb !== "get") elt.closest("dialog")?.close(); // searching in it leaves it open
}

// --- names after @ ------------------------------------------------------------------------------------

function half(): string | null {
  const field = text();
  if (!field || mode() !== "note") return null;
  return /(?:^|\s)@([^@\n]{0,40})$/.exec(field.value.slice(0, field.selectionStart))?.[1] ?? null;
}

function offerNames(): void {
  const list = find("#composer-names");
  const begun = half();
  if (!list) return;
  const names = (text()?.dataset.colleagues ?? "").split("|").filter(Boolean);
  const fit = begun === null ? [] : names.filter((name) => name.toLowerCase().startsWith(begun.toLowerCase())).slice(0, 6);
  list.hidden = fit.length === 0 || (fit.length === 1 && fit[0] === begun);
  list.replaceChildren(
    ...fit.map((name, at) => {
      const item = document.createElement("li");
      item.className = "menu-item";
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(at === 0));
      item.dataset.name = name;
      item.textContent = name;
      return item;
    }),
  );
}

function named(event: KeyboardEvent): boolean {
  const list = find("#composer-names");
  if (!list || list.hidden || event.ctrlKey || event.metaKey) return false;
  const items = all("[data-name]", list);
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (event.key === "Enter" || event.key === "Tab") insertName(items[at]?.dataset.name ?? "");
  else if (event.key === "Escape") list.hidden = true;
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
    items.forEach((item, n) => item.setAttribute("aria-selected", String(n === next)));
  } else return false;
  event.preventDefault();
  return true;
}

function insertName(name: string): void {
  const field = text();
  const begun = half();
  if (!field || begun === null) return;
  const at = field.selectionStart;
  field.setRangeText(`${name} `, at - begun.length, at, "end");
  field.focus();
  offerNames();
}

// --- mail as it was written ---------------------------------------------------------------------------

function onToggle(event: Event): void {
  const details = event.target;
  if (!(details instanceof HTMLDetailsElement) || !details.open || !details.dataset.frame) return;
  const frame = details.querySelector("iframe");
  if (frame && !frame.src) frame.src = details.dataset.frame;
}

function showImages(details: HTMLElement | null): void {
  const frame = details?.querySelector("iframe");
  if (frame) frame.src = `${details?.dataset.frame ?? ""}?images=1`;
}

// --- who is there -------------------------------------------------------------------------------------

interface Seen {
  who: string;
  does: string;
  at: number;
}
const present = new Map<string, Seen>();
let told = { does: "", at: 0, of: "" };

function tell(does: string): void {
  const open = pane();
  const of = open?.dataset.conversation ?? "";
  const now = performance.now();
  if (!open || (does === told.does && of === told.of && now - told.at < (does === "writes" ? WRITES_MS : LOOKS_MS / 2))) return;
  if (does === "looks" && told.does === "writes" && now - told.at < WRITES_MS) return;
  told = { does, at: now, of };
  void post(open.dataset.presence ?? "", { does }).catch(() => null);
}

function heard(words: Record<string, string>): void {
  if (words.of !== shown || !words.id || words.id === pane()?.dataset.me) return;
  if (words.id === "customer" && words.does !== "writes" && words.does !== "left") return;
  const known = present.has(words.id);
  if (words.does === "left") present.delete(words.id);
  else present.set(words.id, { who: words.who ?? "", does: words.does ?? "", at: performance.now() });
  if (!known && words.does !== "left") told.at = 0; // answer who came: somebody is here
  if (!known) tell("looks");
  showPresent();
}

function showPresent(): void {
  const line = find("#presence");
  if (!line) return;
  const now = performance.now();
  const words: string[] = [];
  for (const [id, each] of present) {
    if (now - each.at > (id === "customer" ? STILL_MS : GONE_MS)) {
      present.delete(id);
      continue;
    }
    const writes = each.does === "writes" && now - each.at < STILL_MS;
    if (id === "customer") words.push(line.dataset.customer ?? "");
    else words.push(((writes ? line.dataset.writes : line.dataset.looks) ?? "").replace("{name}", each.who));
  }
  const now_told = words.join(" · ");
  if (line.textContent !== now_told) line.textContent = now_told;
}
