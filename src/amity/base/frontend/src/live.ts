// Parts of a page that keep themselves up to date: data-live="person:<id>" (several, space-separated; "job" is any job).
// The server says over one event stream which records changed; the parts that show them are fetched anew and swapped
// where they differ. A part needs an id. data-live-url: where to fetch it (this page's own address otherwise).
// data-live-more: where to fetch only what is new to it; the answer is the whole part, or [data-live-add] (`take`).
// data-live-rest: milliseconds between two fetches of it.
import { all, find, typing } from "./dom";

const REST_MS = 700; // between two fetches of the same address
const REST_MORE_MS = 100; // between two fetches of what is new
const REST_TIMES = 12; // or so many times as long as the last one took: who is many asks a busy server less often
const REST_MOST_MS = 5_000;
const LAZY_MS = 1_300; // and so much longer when the last answer was "as it was" and nothing that it shows changed
const STEP_MS = 200;
const NEAR_PX = 80; // who reads the end of a thread stays at its end
const HIDDEN_MS = 20_000; // a tab in the background lets go of its stream after this
const RETRY_MS = 60_000;
const FAILED_MS = 3_000; // a fetch that failed is tried again so often, as long as the page is open
const HELD_MS = 250;
const PATH = "/live";

type Changed = Record<string, string[]>;

let source: EventSource | null = null;
let watched = "";
let lastId = "";
let hiddenTimer = 0;
let retryTimer = 0;

export function startLive(): void {
  if (!("EventSource" in window)) return;
  follow();
  document.body.addEventListener("htmx:afterSettle", follow);
  document.addEventListener("visibilitychange", onVisibility);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && follow());
  document.addEventListener("focusout", () => window.setTimeout(putOff));
}

/** Listen for exactly what the page shows now. */
function follow(): void {
  const heard_only = all("[data-hear]").flatMap((part) => (part.dataset.hear ?? "").split(/\s+/).filter(Boolean));
  const names = [...new Set([...parts().flatMap(names_of), ...heard_only])].sort();
  const wanted = names.join(" ");
  if (source && wanted === watched) return;
  close();
  watched = wanted;
  if (!names.length || document.hidden) return;
  const query = new URLSearchParams(names.map((name) => ["watch", name]));
  if (lastId) query.set("last", lastId);
  else query.set("since", document.body.dataset.now ?? "");
  source = new EventSource(`${PATH}?${query}`);
  source.addEventListener("hello", (event) => heard(event, true));
  source.addEventListener("changed", (event) => {
    heard(event, true);
    const changed = JSON.parse((event as MessageEvent<string>).data) as Changed;
    document.dispatchEvent(new CustomEvent("live:changed", { detail: changed }));
    refresh(parts().filter((part) => concerns(part, changed)), false, changed);
  });
  source.addEventListener("said", (event) => {
    const words = JSON.parse((event as MessageEvent<string>).data) as Record<string, string>;
    document.dispatchEvent(new CustomEvent("live:said", { detail: words }));
  });
  source.addEventListener("missed", (event) => {
    heard(event, true);
    refresh(parts(), true);
  });
  source.addEventListener("error", onError);
}

function heard(event: Event, on: boolean): void {
  lastId = (event as MessageEvent).lastEventId || lastId;
  show(on);
}

function close(): void {
  source?.close();
  source = null;
}

function onError(): void {
  show(false);
  if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
  close();
  window.clearTimeout(retryTimer);
  retryTimer = window.setTimeout(follow, RETRY_MS);
}

function onVisibility(): void {
  window.clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = window.setTimeout(close, HIDDEN_MS);
  else if (!source) follow();
}

function show(on: boolean): void {
  for (const mark of all("[data-live-state]")) {
    mark.hidden = false;
    mark.dataset.liveState = on ? "on" : "off";
  }
}

function parts(): HTMLElement[] {
  return all("[data-live]").filter((part) => part.id && names_of(part).length);
}

function names_of(part: HTMLElement): string[] {
  return (part.dataset.live ?? "").split(/\s+/).filter(Boolean);
}

/** Whether something changed that the part names itself, or has a row of. */
function shows(part: HTMLElement, changed: Changed): boolean {
  const named = names_of(part);
  return Object.entries(changed).some(([kind, ids]) =>
    ids.some((id) => named.includes(`${kind}:${id}`) || find(`[data-key="${CSS.escape(id)}"]`, part) !== null),
  );
}

function concerns(part: HTMLElement, changed: Changed): boolean {
  return names_of(part).some((name) => {
    const [kind, id] = name.split(":");
    const ids = changed[kind ?? ""];
    return ids !== undefined && (!id || ids.includes(id));
  });
}

// --- fetching ----------------------------------------------------------------------------------------

interface Round {
  ids: Set<string>;
  running: boolean;
  whole: boolean; // something was missed: not only what is new
  after: number;
  lazy: boolean; // the last answer was "as it was", and nothing that is shown changed since
}
const rounds = new Map<string, Round>();

/** Fetch what these parts need: each address once, at once when it rested, else when it has. */
function refresh(stale: HTMLElement[], whole = false, changed: Changed | null = null): void {
  const addresses = new Set<string>();
  for (const part of stale) {
    const address = part.dataset.liveUrl || window.location.pathname + window.location.search;
    const round = rounds.get(address) ?? { ids: new Set(), running: false, whole: false, after: 0, lazy: false };
    rounds.set(address, round);
    round.lazy &&= changed !== null && !shows(part, changed);
    round.whole ||= whole;
    round.ids.add(part.id);
    addresses.add(address);
  }
  addresses.forEach((address) => void go(address));
}

async function go(address: string): Promise<void> {
  const round = rounds.get(address);
  if (!round || round.running || !round.ids.size) return;
  if (held()) {
    window.setTimeout(() => void go(address), HELD_MS);
    return;
  }
  round.running = true;
  for (let rest = left(round); rest > 0; rest = left(round)) await new Promise((done) => window.setTimeout(done, rest));
  const ids = [...round.ids];
  const told = ids.length > 1 ? {} : (document.getElementById(ids[0] ?? "")?.dataset ?? {});
  const more = round.whole ? "" : (told.liveMore ?? "");
  const least = Number(told.liveRest) || (more ? REST_MORE_MS : REST_MS);
  round.ids.clear();
  round.whole = false;
  const began = holds();
  const asked = performance.now();
  const answer = await page(more || address, ids.every((id) => document.getElementById(id)?.dataset.liveUrl));
  const fresh = began === holds() && !held() ? answer : null; // what was carried meanwhile is not in it
  round.after = performance.now() + rests(performance.now() - asked, least);
  round.running = false;
  round.lazy = !!fresh && find("[data-live-add]", fresh)?.childElementCount === 0;
  if (fresh) ids.forEach((id) => take(fresh, id) || offer(id, fresh.getElementById(id)));
  else ids.forEach((id) => round.ids.add(id));
  if (round.ids.size) window.setTimeout(() => void go(address), fresh || answer ? 0 : FAILED_MS);
}

/** Milliseconds to the next look at whether an address has rested. */
function left(round: Round): number {
  return Math.min(round.after + (round.lazy ? LAZY_MS : 0) - performance.now(), STEP_MS);
}

/** How long an address rests after a fetch that took so long. */
function rests(took: number, least: number): number {
  return Math.max(least, Math.min(took * (least < REST_MS ? 2 : REST_TIMES), REST_MOST_MS));
}

/** Something is being carried over the page (board.ts): it does not change under it. */
function held(): boolean {
  return document.body.dataset.held !== undefined;
}

function holds(): string {
  return document.body.dataset.holds ?? "";
}

async function page(address: string, part: boolean): Promise<Document | null> {
  const headers: Record<string, string> = part ? { "HX-Request": "true" } : {};
  try {
    const answer = await fetch(address, { headers, credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) return answer.status < 500 ? document.implementation.createHTMLDocument() : null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

// --- adding ------------------------------------------------------------------------------------------

/** Add what is new to part ``id``: pieces with an id take the place of theirs, others are added, each key once. */
export function take(fresh: ParentNode, id: string, now = false): boolean {
  const news = find(`[data-live-add="${id}"]`, fresh);
  const part = document.getElementById(id);
  if (!news || !part) return news !== null;
  if (plain_address(news) !== plain_address(part)) return true; // another one is shown by now
  if (news.dataset.liveUrl && news.dataset.liveUrl !== part.dataset.liveUrl) return true;
  part.dataset.liveMore = news.dataset.liveMore ?? "";
  const list = find("[data-live-new]", part);
  const added = find("[data-live-new]", news);
  if (list && added) append(list, added);
  for (const piece of [...news.children].filter((each): each is HTMLElement => each instanceof HTMLElement && !!each.id)) {
    const old = document.getElementById(piece.id);
    if (now) all<HTMLDetailsElement>("details[open]", old ?? piece).forEach((each) => (each.open = false));
    offer(piece.id, piece);
  }
  return true;
}

function plain_address(part: HTMLElement): string {
  return (part.dataset.liveMore ?? "").split("?")[0] ?? "";
}

function append(list: HTMLElement, added: HTMLElement): void {
  const end = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
  const known = new Map(all("[data-key]", list).map((row) => [row.dataset.key, row]));
  for (const row of all("[data-key]", added)) if (known.has(row.dataset.key)) row.remove();
  for (const piece of [...added.children] as HTMLElement[]) {
    if (!piece.dataset.key && !find("[data-key]", piece)) continue;
    list.append(document.adoptNode(piece));
    window.htmx.process(piece);
    piece.classList.add("fresh");
  }
  if (end) list.scrollTop = list.scrollHeight;
}

// --- swapping ----------------------------------------------------------------------------------------

const later = new Map<string, HTMLElement>();

function offer(id: string, fresh: HTMLElement | null): void {
  const part = document.getElementById(id);
  if (!part || !fresh || plain(part) === plain(fresh)) return;
  if (busy(part)) later.set(id, fresh);
  else swap(part, document.adoptNode(fresh));
}

/** Swap what had to wait until nobody was busy in it. */
function putOff(): void {
  for (const [id, fresh] of later) {
    const part = document.getElementById(id);
    if (part && busy(part)) continue;
    later.delete(id);
    offer(id, fresh);
  }
}

/** Somebody types in it, has typed in it, or has something open in it. */
function busy(part: HTMLElement): boolean {
  if (part.contains(document.activeElement) && typing(document.activeElement)) return true;
  if (find("details[open]:not([data-live-open]), dialog[open]", part)) return true;
  return all<HTMLInputElement>("input, textarea", part).some((field) => {
    if (field.type === "hidden" || field.type === "checkbox" || field.type === "radio") return false;
    return field.value !== field.defaultValue;
  });
}

function swap(part: HTMLElement, fresh: HTMLElement): void {
  const before = new Set(all("[data-key]", part).map((row) => row.dataset.key));
  keepOlder(part, fresh);
  const focused = part.contains(document.activeElement) ? focusable(part).indexOf(document.activeElement as HTMLElement) : -1;
  part.replaceWith(fresh);
  window.htmx.process(fresh);
  const rows = all("[data-key]", fresh);
  rows.forEach((row) => row.classList.toggle("fresh", !before.has(row.dataset.key)));
  if (!rows.length) fresh.classList.add("fresh-part");
  if (focused >= 0) focusable(fresh)[focused]?.focus({ preventScroll: true });
  show(source?.readyState === EventSource.OPEN);
}

/** Rows that the reader had loaded below the first page stay. */
function keepOlder(part: HTMLElement, fresh: HTMLElement): void {
  const list = find("[data-live-list]", part);
  const target = find("[data-live-list]", fresh);
  const rows = list ? all("[data-key]", list) : [];
  if (!list || !target || rows.length <= all("[data-key]", target).length) return;
  const known = new Set(all("[data-key]", target).map((row) => row.dataset.key));
  find(".older", target)?.remove();
  rows.filter((row) => !known.has(row.dataset.key)).forEach((row) => target.append(row));
  const older = find(".older", list);
  if (older) target.append(older);
}

function focusable(root: HTMLElement): HTMLElement[] {
  return all("a[href], button, input, select, textarea, summary", root);
}

/** What a part says, without what changes at every rendering. */
function plain(part: HTMLElement): string {
  const copy = part.cloneNode(true) as HTMLElement;
  all("[name=csrfmiddlewaretoken], noscript", copy).forEach((each) => each.remove());
  all("time[data-ago]", copy).forEach((time) => (time.textContent = ""));
  all("[data-live-state]", copy).forEach((mark) => mark.remove());
  for (const each of [copy, ...all("*", copy)]) {
    each.removeAttribute("class");
    each.removeAttribute("hidden");
    each.removeAttribute("open");
  }
  return copy.outerHTML;
}
