// Forms: submit filters on change, warn before unsaved changes are lost, refuse a double submit.
import { all, find, word } from "./dom";

const TYPING_PAUSE_MS = 250;
let dirty = false;

export function startForms(): void {
  document.addEventListener("change", onChange);
  document.addEventListener("input", onInput);
  document.addEventListener("submit", onSubmit);
  window.addEventListener("beforeunload", (event) => {
    if (dirty) event.preventDefault();
  });
  window.addEventListener("pageshow", () => all("form [aria-busy]").forEach((button) => button.removeAttribute("aria-busy")));
  showFirstError();
}

function onChange(event: Event): void {
  const field = event.target as HTMLInputElement;
  const form = field.form;
  if (form?.matches("[data-autosubmit]") && field.type !== "search") form.requestSubmit();
}

let pause = 0;
function onInput(event: Event): void {
  const field = event.target as HTMLInputElement;
  const form = field.form;
  if (form?.matches("[data-guard]")) dirty = true;
  if (form?.matches("[data-autosubmit]") && field.type === "search") {
    window.clearTimeout(pause);
    pause = window.setTimeout(() => form.requestSubmit(), TYPING_PAUSE_MS);
  }
}

function onSubmit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  dirty = false;
  if (form.method === "post" && !form.matches("[data-dropzone]") && !event.defaultPrevented) {
    window.setTimeout(() => event.submitter?.setAttribute("aria-busy", "true"));
  }
}

function showFirstError(): void {
  const invalid = find("[aria-invalid='true']");
  if (!invalid) return;
  invalid.focus();
  document.title = `${word("error")}: ${document.title}`;
}
