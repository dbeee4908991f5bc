// Small helpers over the DOM.

/** First element that matches, typed; null when there is none. */
export function find<T extends HTMLElement>(selector: string, root: ParentNode = document): T | null {
  return root.querySelector<T>(selector);
}

/** All elements that match, as an array. */
export function all<T extends HTMLElement>(selector: string, root: ParentNode = document): T[] {
  return [...root.querySelectorAll<T>(selector)];
}

/** Words for the client, translated by the server: `<body data-words='{"undo": "Undo"}'>`. */
export function word(key: string): string {
  words ??= JSON.parse(document.body.dataset.words ?? "{}") as Record<string, string>;
  return words[key] ?? key;
}
let words: Record<string, string> | undefined;

/** The CSRF token that the server put on <body>. */
export function csrf(): string {
  return document.body.dataset.csrf ?? "";
}

/** POST with the CSRF token, same origin only. */
export function post(url: string, body: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-CSRFToken": csrf(), "X-Requested-With": "fetch" },
    body: new URLSearchParams(body),
  });
}

/** The sentence of a refusal page (base/refused.html and the error pages), or a general one. */
export function refusal(html: string): string {
  const lead = new DOMParser().parseFromString(html, "text/html").querySelector("main .lead");
  return lead?.textContent?.trim() || word("failed");
}

/** True while the person is typing into something. */
export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  const silent = ["checkbox", "radio", "button", "submit", "range"];
  return target instanceof HTMLInputElement && !silent.includes(target.type);
}

/** An icon of the sprite. */
export function icon(name: string, classes = "icon"): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", classes);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${document.body.dataset.icons ?? ""}#${name}`);
  svg.append(use);
  return svg;
}
