// The board of deals: cards are moved by mouse, touch and keyboard. The card moves at once and goes back when the server
// refuses; a stage that asks for something shows its small form, and closing that form puts the card back.
import { carry } from "./board-drag";
import { all, csrf, find, post, refusal, word } from "./dom";
import { toast } from "./toasts";

interface Answer {
  text?: string;
  undo?: string;
  asks?: string;
}

let lifted: { card: HTMLElement; at: number } | null = null;

export function startBoard(): void {
  carry({ lift: hold, drop: (card, column) => void place(card, column), settle: release });
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => event.key === " " && grip(event.target) && event.preventDefault());
  document.addEventListener("focusout", (event) => grip(event.target) && lifted && leave());
}

// --- moving ------------------------------------------------------------------------------------------

async function place(card: HTMLElement, column: HTMLElement): Promise<void> {
  const from = card.closest<HTMLElement>("[data-stage]");
  if (!from || from === column) return release();
  const before = card.nextElementSibling;
  hold();
  shift(card, column, null);
  card.classList.add("is-pending");
  find("[data-grip]", card)?.focus({ preventScroll: true });
  const answer = await ask(card, column);
  card.classList.remove("is-pending");
  if (answer) {
    say("moved", card, column);
    if (answer.text) toast({ text: answer.text, undo: answer.undo });
  } else {
    shift(card, from, before);
    say("back", card, from);
    find("[data-grip]", card)?.focus();
  }
  release();
}

/** What the server said; null when it refused, or when the form of the stage was closed. */
async function ask(card: HTMLElement, column: HTMLElement): Promise<Answer | null> {
  const response = await post(card.dataset.place ?? "", { stage: column.dataset.stage ?? "" }).catch(() => null);
  if (!response?.ok) {
    toast({ level: "error", text: response ? refusal(await response.text()) : word("offline") });
    return null;
  }
  const answer = (await response.json()) as Answer;
  return answer.asks ? gate(answer.asks) : answer;
}

function shift(card: HTMLElement, column: HTMLElement, before: Element | null): void {
  const from = card.closest<HTMLElement>("[data-stage]");
  const list = find(".cards", column);
  if (!list) return;
  find(".board-none", list)?.remove();
  list.insertBefore(card, before?.parentElement === list ? before : list.firstChild);
  if (from) count(from, -1);
  count(column, 1);
}

function count(column: HTMLElement, by: number): void {
  const shown = find("[data-count-of]", column);
  if (!shown || !/^\d+$/.test(shown.textContent ?? "")) return; // separators: the next refresh says it
  shown.textContent = String(Number(shown.textContent) + by);
}

/** While somebody moves a card, the board does not change under it. */
function hold(): void {
  document.body.dataset.held = "";
  document.body.dataset.holds = String(Number(document.body.dataset.holds ?? 0) + 1);
}

function release(): void {
  delete document.body.dataset.held;
}

// --- the form of a stage ------------------------------------------------------------------------------

async function gate(url: string): Promise<Answer | null> {
  const box = find<HTMLDialogElement>("#board-dialog");
  const response = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  if (!box || !response?.ok) return null;
  fill(box, await response.text());
  box.showModal();
  return new Promise((done) => {
    let answer: Answer | null = null;
    const onSubmit = async (event: Event): Promise<void> => {
      event.preventDefault();
      answer = await submit(box, event.target as HTMLFormElement);
      if (answer) box.close();
    };
    const onCancel = (event: Event): void => {
      if (!(event.target as Element).closest("[data-gate-cancel]")) return;
      event.preventDefault();
      box.close();
    };
    box.addEventListener("submit", onSubmit);
    box.addEventListener("click", onCancel);
    box.addEventListener(
      "close",
      () => {
        box.removeEventListener("submit", onSubmit);
        box.removeEventListener("click", onCancel);
        box.replaceChildren();
        done(answer);
      },
      { once: true },
    );
  });
}

async function submit(box: HTMLDialogElement, form: HTMLFormElement): Promise<Answer | null> {
  const headers = { "X-CSRFToken": csrf(), "X-Requested-With": "fetch", "HX-Request": "true" };
  const body = new FormData(form);
  const response = await fetch(form.action, { method: "POST", credentials: "same-origin", headers, body }).catch(() => null);
  if (response?.ok) return (await response.json()) as Answer;
  const told = response ? await response.text() : "";
  if (response?.status === 422 && told.includes('id="gate"')) fill(box, told);
  else toast({ level: "error", text: response ? refusal(told) : word("offline") });
  return null;
}

function fill(box: HTMLElement, html: string): void {
  const page = new DOMParser().parseFromString(html, "text/html");
  box.replaceChildren(...[...page.body.children].map((each) => document.adoptNode(each)));
  window.htmx.process(box);
  (find("[aria-invalid]", box) ?? find("input:not([type=hidden]), select", box))?.focus();
}

// --- choosing from a list ------------------------------------------------------------------------------

function onClick(event: MouseEvent): void {
  const handle = grip(event.target);
  if (handle) choose(handle);
}

function choose(handle: HTMLElement): void {
  const card = handle.closest<HTMLElement>("[data-deal]");
  const box = find<HTMLDialogElement>("#board-dialog");
  if (!card || !box) return;
  const title = document.createElement("h2");
  title.textContent = told("choose", card, null);
  const list = document.createElement("div");
  list.className = "stage-list";
  for (const column of columns()) list.append(choice(box, card, column));
  box.replaceChildren(title, list, button(words("close"), "btn btn-ghost", () => box.close()));
  box.showModal();
}

function choice(box: HTMLDialogElement, card: HTMLElement, column: HTMLElement): HTMLButtonElement {
  const here = column.contains(card);
  const made = button(name_of(column), here ? "btn btn-primary" : "btn", () => {
    box.close();
    void place(card, column);
  });
  if (here) made.setAttribute("aria-current", "step");
  return made;
}

function button(text: string, classes: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = classes;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

// --- keys --------------------------------------------------------------------------------------------

function onKey(event: KeyboardEvent): void {
  const handle = grip(event.target);
  const card = handle?.closest<HTMLElement>("[data-deal]");
  if (!handle || !card) return;
  if (!lifted) {
    if (event.key !== " ") return;
    lift(card);
  } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") over(event.key === "ArrowRight" ? 1 : -1);
  else if (event.key === " " || event.key === "Enter") put();
  else if (event.key === "Escape") leave();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function lift(card: HTMLElement): void {
  hold();
  lifted = { card, at: columns().findIndex((each) => each.contains(card)) };
  card.classList.add("is-lifted");
  say("lifted", card, columns()[lifted.at]!);
}

function over(step: number): void {
  if (!lifted) return;
  const known = columns();
  lifted.at = Math.max(0, Math.min(known.length - 1, lifted.at + step));
  const column = known[lifted.at]!;
  known.forEach((each) => each.classList.toggle("drop-here", each === column));
  column.scrollIntoView({ block: "nearest", inline: "nearest" });
  say("over", lifted.card, column);
}

function put(): void {
  if (!lifted) return;
  const { card, at } = lifted;
  const column = columns()[at];
  down();
  if (column) void place(card, column);
}

function leave(): void {
  if (!lifted) return;
  const { card } = lifted;
  down();
  say("back", card, card.closest<HTMLElement>("[data-stage]")!);
  release();
}

function down(): void {
  lifted?.card.classList.remove("is-lifted");
  columns().forEach((each) => each.classList.remove("drop-here"));
  lifted = null;
}

// --- words -------------------------------------------------------------------------------------------

function say(what: string, card: HTMLElement, column: HTMLElement): void {
  const region = find("#board-said");
  if (region) region.textContent = told(what, card, column);
}

function told(what: string, card: HTMLElement, column: HTMLElement | null): string {
  const deal = find(".deal-name", card)?.textContent ?? "";
  return words(what).replace("{deal}", deal).replace("{stage}", column ? name_of(column) : "");
}

function words(what: string): string {
  return find("[data-board]")?.getAttribute(`data-said-${what}`) ?? "";
}

function name_of(column: HTMLElement): string {
  return find("[data-stage-name]", column)?.textContent ?? "";
}

function columns(): HTMLElement[] {
  return all("[data-board] [data-stage]");
}

function grip(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-grip]") : null;
}
