// Drop files on a form with a file input: lists them, uploads with progress, then follows the server's redirect.
import { all, find, refusal, word } from "./dom";
import { toast } from "./toasts";

export function startDropzones(): void {
  all<HTMLFormElement>("form[data-dropzone]").forEach(live);
  document.body.addEventListener("htmx:afterSettle", () => all<HTMLFormElement>("form[data-dropzone]:not([data-live])").forEach(live));
}

function live(form: HTMLFormElement): void {
  const input = find<HTMLInputElement>("input[type=file]", form);
  const zone = find(".dropzone", form) ?? form;
  if (!input) return;
  form.dataset.live = "";
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => over(event, zone, true));
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, (event) => over(event, zone, false));
  zone.addEventListener("drop", (event) => {
    const files = (event as DragEvent).dataTransfer?.files;
    if (!files?.length) return;
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => list(zone, [...(input.files ?? [])]));
  form.addEventListener("submit", (event) => {
    if (!input.files?.length) return;
    event.preventDefault();
    upload(form, zone);
  });
}

function over(event: Event, zone: HTMLElement, is: boolean): void {
  event.preventDefault();
  zone.toggleAttribute("data-over", is);
}

function list(zone: HTMLElement, files: File[]): void {
  find(".files", zone)?.remove();
  const items = document.createElement("ul");
  items.className = "files";
  for (const file of files) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.className = "truncate";
    name.textContent = file.name;
    const size = document.createElement("span");
    size.className = "size muted";
    size.textContent = bytes(file.size);
    item.append(name, size);
    items.append(item);
  }
  zone.append(items);
}

function bytes(count: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let step = 0;
  while (count >= 1000 && step < units.length - 1) {
    count /= 1000;
    step += 1;
  }
  const style = { style: "unit", unit: units[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: step ? 1 : 0 } as const;
  return new Intl.NumberFormat(document.documentElement.lang, style).format(count);
}

function upload(form: HTMLFormElement, zone: HTMLElement): void {
  const bar = progressBar(zone);
  const buttons = all<HTMLButtonElement>("button[type=submit], button:not([type])", form);
  buttons.forEach((button) => (button.disabled = true));
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
  });
  request.addEventListener("load", () => answered(request, form));
  for (const name of ["error", "abort"]) request.addEventListener(name, () => failed(word("offline")));
  request.send(new FormData(form));

  function failed(text: string): void {
    bar.remove();
    buttons.forEach((button) => (button.disabled = false));
    toast({ level: "error", text });
  }
  function answered(done: XMLHttpRequest, sent: HTMLFormElement): void {
    const moved = done.responseURL && done.responseURL !== sent.action;
    if (done.status < 400 && moved) window.location.assign(done.responseURL);
    else if (done.status < 400) replacePage(done.responseText);
    else failed(refusal(done.responseText));
  }
}

function progressBar(zone: HTMLElement): HTMLProgressElement {
  const bar = find<HTMLProgressElement>("progress", zone) ?? document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", word("uploading"));
  zone.append(bar);
  return bar;
}

/** The server answered with the same page and its errors: show them without a second upload. */
function replacePage(html: string): void {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("main");
  const main = find("main");
  if (!fresh || !main) return;
  main.replaceWith(document.adoptNode(fresh));
  window.htmx.process(fresh as HTMLElement);
  all<HTMLFormElement>("form[data-dropzone]:not([data-live])").forEach(live);
  find("[aria-invalid='true'], .form-errors")?.focus();
}
