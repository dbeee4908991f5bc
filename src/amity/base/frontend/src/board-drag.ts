// Carrying a card: pointer events for mouse, pen and touch. On touch a card is carried after a long press, or at once by
// its grip, so that the page can still be scrolled with a finger on a card.
import { all, find } from "./dom";

export interface Carrying {
  lift: () => void;
  drop: (card: HTMLElement, column: HTMLElement) => void;
  settle: () => void; // dropped nowhere
}

const FAR = 6; // pixels that a mouse goes before it drags
const LONG_PRESS_MS = 280;
const EDGE = 56;
const INSIDE = 12;
const STEP = 14; // pixels per frame at the edge

interface Held {
  card: HTMLElement;
  pointer: number;
  x: number;
  y: number;
  timer: number;
  ghost: HTMLElement | null;
  dx: number;
  dy: number;
}

let held: Held | null = null;
let doing: Carrying;
let frame = 0;

export function carry(what: Carrying): void {
  doing = what;
  document.addEventListener("pointerdown", onDown);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onUp);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", (event) => event.key === "Escape" && cancel());
  document.addEventListener("touchmove", (event) => held?.ghost && event.cancelable && event.preventDefault(), { passive: false });
  document.addEventListener("contextmenu", (event) => held?.ghost && event.preventDefault());
}

function onDown(event: PointerEvent): void {
  if (held || event.button !== 0 || !event.isPrimary) return;
  const target = event.target as Element;
  const card = target.closest<HTMLElement>("[data-deal]");
  const handle = target.closest("[data-grip]");
  if (!card || !find("[data-grip]", card) || card.classList.contains("is-pending")) return;
  if (!handle && target.closest("button, summary, input, .score-panel, a:not(.deal-name):not(.chip)")) return;
  held = { card, pointer: event.pointerId, x: event.clientX, y: event.clientY, timer: 0, ghost: null, dx: 0, dy: 0 };
  if (event.pointerType !== "mouse" && !handle) held.timer = window.setTimeout(begin, LONG_PRESS_MS);
}

function onMove(event: PointerEvent): void {
  if (!held || event.pointerId !== held.pointer) return;
  const far = Math.hypot(event.clientX - held.x, event.clientY - held.y) > FAR;
  if (!held.ghost && held.timer) {
    if (far) forget(); // a finger that scrolls
    return;
  }
  if (!held.ghost && far) begin();
  if (!held.ghost) return;
  held.x = event.clientX;
  held.y = event.clientY;
  draw();
}

function begin(): void {
  if (!held) return;
  const box = held.card.getBoundingClientRect();
  const ghost = held.card.cloneNode(true) as HTMLElement;
  ghost.removeAttribute("data-deal");
  all("[id]", ghost).forEach((each) => each.removeAttribute("id"));
  ghost.classList.add("card-ghost");
  ghost.setAttribute("aria-hidden", "true");
  ghost.style.width = `${box.width}px`;
  Object.assign(held, { ghost, dx: held.x - box.left, dy: held.y - box.top, timer: 0 });
  document.body.append(ghost);
  document.body.classList.add("is-carrying");
  held.card.classList.add("is-carried");
  doing.lift();
  draw();
  frame = requestAnimationFrame(scrollAtEdges);
}

function draw(): void {
  if (!held?.ghost) return;
  held.ghost.style.transform = `translate(${held.x - held.dx}px, ${held.y - held.dy}px) rotate(1.5deg)`;
  const under = column();
  all("[data-stage]").forEach((each) => each.classList.toggle("drop-here", each === under));
}

/** The column above or below the finger, however few cards it has; beside the board the one that is nearest. */
function column(): HTMLElement | null {
  const box = find(".deal-board")?.getBoundingClientRect();
  if (!held || !box || held.y < box.top) return null;
  const x = Math.max(box.left + INSIDE, Math.min(box.right - INSIDE, held.x));
  const aside = (each: HTMLElement): number => {
    const { left, right } = each.getBoundingClientRect();
    return Math.max(left - x, x - right, 0);
  };
  return all(".deal-board [data-stage]").reduce<HTMLElement | null>(
    (best, each) => (!best || aside(each) < aside(best) ? each : best),
    null,
  );
}

/** Near an edge the board goes on sideways, and the page up or down. */
function scrollAtEdges(): void {
  if (!held?.ghost) return;
  const board = find(".deal-board");
  const box = board?.getBoundingClientRect();
  if (board && box) {
    const left = Math.max(box.left, 0);
    const right = Math.min(box.right, window.innerWidth);
    if (held.x < left + EDGE) board.scrollLeft -= STEP;
    else if (held.x > right - EDGE) board.scrollLeft += STEP;
  }
  if (held.y < EDGE) window.scrollBy(0, -STEP);
  else if (held.y > window.innerHeight - EDGE) window.scrollBy(0, STEP);
  draw();
  frame = requestAnimationFrame(scrollAtEdges);
}

function onUp(event: PointerEvent): void {
  if (!held || event.pointerId !== held.pointer) return;
  const { card, ghost } = held;
  const under = ghost ? column() : null;
  forget();
  if (!ghost) return;
  swallowClick();
  if (under) doing.drop(card, under);
  else doing.settle();
}

function cancel(): void {
  const carried = Boolean(held?.ghost);
  forget();
  if (carried) doing.settle();
}

function forget(): void {
  if (!held) return;
  window.clearTimeout(held.timer);
  cancelAnimationFrame(frame);
  held.ghost?.remove();
  held.card.classList.remove("is-carried");
  document.body.classList.remove("is-carrying");
  all(".drop-here").forEach((each) => each.classList.remove("drop-here"));
  held = null;
}

/** The click that ends a drag opens nothing. */
function swallowClick(): void {
  const swallow = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", swallow, { capture: true, once: true });
  window.setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 50);
}
