// Short messages at the corner, with Undo. From the page itself, or from an htmx answer's HX-Trigger: {"toast": [...]}.
import { all, find, icon, post, refusal, word } from "./dom";

export interface Toast {
  text: string;
  level?: "success" | "info" | "warning" | "error";
  undo?: string;
}

const STAYS_MS = 6_000;
const STAYS_WITH_UNDO_MS = 12_000;
const ICONS = { success: "circle-check", info: "info-circle", warning: "alert-triangle", error: "alert-circle" };

export function startToasts(): void {
  all(".toast-note").forEach(live);
  document.body.addEventListener("toast", (event) => {
    const detail = (event as CustomEvent).detail as { value?: Toast[] } | Toast[];
    const list = Array.isArray(detail) ? detail : (detail.value ?? []);
    list.forEach(toast);
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    toast({ level: "error", text: refusal(xhr.responseText) });
  });
  document.body.addEventListener("htmx:sendError", () => toast({ level: "error", text: word("offline") }));
}

/** Show one message; errors stay until they are closed. */
export function toast(message: Toast): void {
  const region = find(".toasts");
  if (!region) return;
  const level = message.level ?? "success";
  const note = document.createElement("div");
  note.className = "toast-note";
  note.dataset.level = level;
  const text = document.createElement("span");
  text.className = "text";
  text.textContent = message.text;
  note.append(icon(ICONS[level]), text);
  if (message.undo) note.append(undoButton(message.undo));
  note.append(closeButton());
  region.append(note);
  live(note);
}

function undoButton(url: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.undo = url;
  button.textContent = word("undo");
  return button;
}

function closeButton(): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "close";
  button.setAttribute("aria-label", word("close"));
  button.append(icon("x"));
  return button;
}

function live(note: HTMLElement): void {
  const undo = find<HTMLButtonElement>("[data-undo]", note);
  find(".close", note)?.addEventListener("click", () => note.remove());
  undo?.addEventListener("click", async (event) => {
    event.preventDefault();
    undo.disabled = true;
    const answer = await post(undo.dataset.undo ?? "").catch(() => null);
    if (answer?.ok) window.location.reload();
    else toast({ level: "error", text: answer ? refusal(await answer.text()) : word("offline") });
    note.remove();
  });
  if (note.dataset.level === "error") return;
  leaveAfter(note, undo ? STAYS_WITH_UNDO_MS : STAYS_MS);
}

function leaveAfter(note: HTMLElement, milliseconds: number): void {
  let timer = window.setTimeout(() => note.remove(), milliseconds);
  const hold = () => window.clearTimeout(timer);
  const go = () => (timer = window.setTimeout(() => note.remove(), milliseconds));
  note.addEventListener("pointerenter", hold);
  note.addEventListener("pointerleave", go);
  note.addEventListener("focusin", hold);
  note.addEventListener("focusout", go);
}
