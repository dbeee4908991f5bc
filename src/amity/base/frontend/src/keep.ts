// What somebody types while a form part is being drawn again is kept: [data-keep] on the form, fields known by name.
import { all } from "./dom";

type Field = HTMLInputElement | HTMLTextAreaElement;
type Swap = Event & { detail: { target: HTMLElement; elt: HTMLElement; isError?: boolean } };

const FIELDS = "input:not([type]), input[type=text], input[type=number], input[type=date], input[type=search], textarea";
const sent = new Map<string, string>(); // values when the request left
let typed = new Map<string, string>();
let focused = "";

export function startKeep(): void {
  document.body.addEventListener("htmx:beforeRequest", (event) => note(event as Swap));
  document.body.addEventListener("htmx:beforeSwap", (event) => remember(event as Swap));
  document.body.addEventListener("htmx:afterSwap", (event) => putBack(event as Swap));
}

function kept(event: Swap): boolean {
  return event.detail.target?.closest("[data-keep]") !== null && event.detail.target.querySelector(FIELDS) !== null;
}

function note(event: Swap): void {
  if (!kept(event)) return;
  sent.clear();
  const step = event.detail.elt.getAttribute("value") ?? "";
  if (step.startsWith("remove")) return; // what follows takes the names of what went
  all<Field>(FIELDS, event.detail.target).forEach((field) => sent.set(field.name, field.value));
}

function remember(event: Swap): void {
  typed = new Map();
  if (!kept(event)) return;
  for (const field of all<Field>(FIELDS, event.detail.target)) {
    if (sent.has(field.name) && sent.get(field.name) !== field.value) typed.set(field.name, field.value);
  }
  focused = (document.activeElement as Field | null)?.name ?? "";
}

function putBack(event: Swap): void {
  const form = (event.target as HTMLElement).closest<HTMLElement>("[data-keep]"); // the target itself may be gone
  if (typed.size === 0 || !form) return;
  for (const field of all<Field>(FIELDS, form)) {
    const value = typed.get(field.name);
    if (value === undefined || value === field.value) continue;
    field.value = value;
    if (field.name === focused) field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  typed = new Map();
}
