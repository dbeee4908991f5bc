// Shortcuts of the whole house: Ctrl/Cmd-K and "/" search, "?" help, "g" then a letter goes to a place of the rail.
import { all, find, typing } from "./dom";
import { openDialog } from "./dialogs";
import { openPalette } from "./palette";

const CHORD_MS = 1_200;
let chordUntil = 0;

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.key === "Escape" && !find("dialog[open]")) find("#side")?.replaceChildren();
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
    if (single(event)) event.preventDefault();
  });
}

function single(event: KeyboardEvent): boolean {
  if (performance.now() < chordUntil) {
    chordUntil = 0;
    return goTo(event.code);
  }
  const field = find<HTMLInputElement>("main [data-slash]");
  if (event.key === "/" && field) {
    field.select();
    return true;
  }
  if (event.key === "/") {
    openPalette();
    return true;
  }
  if (event.key === "?") return openDialog("shortcuts");
  if (event.code === "KeyG" && !event.shiftKey) {
    chordUntil = performance.now() + CHORD_MS;
    return false;
  }
  return !event.shiftKey && press(event.code);
}

/** `data-hotkey` names keys of this page: Latin letters by their place (also on Cyrillic layouts), or `arrowleft` … */
function press(code: string): boolean {
  const target = find(`main [data-hotkey~="${code.replace(/^Key/, "").toLowerCase()}"]`);
  target?.click();
  // A menu that was opened by its key is walked by arrows and left by Escape.
  if (target?.matches("summary")) target.parentElement?.querySelector<HTMLElement>("[open] > .menu-list .menu-item")?.focus();
  return target !== null;
}

/** `data-key` holds a Latin letter; `code` makes it work on Cyrillic layouts too. */
function goTo(code: string): boolean {
  const link = all<HTMLAnchorElement>("#drawer [data-key]").find((each) => `Key${each.dataset.key?.toUpperCase()}` === code);
  link?.click();
  return link !== undefined;
}
