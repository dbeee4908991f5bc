// <dialog> and the drawer: data-dialog="id" opens, data-close closes; links keep working without JavaScript.
import { find } from "./dom";

export function startDialogs(): void {
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const target = event.target as HTMLElement; // on narrow screens the side stands below the page
    if (target.id === "side" && window.matchMedia("(max-width: 860px)").matches) target.scrollIntoView();
  });
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-dialog]");
    if (opener && openDialog(opener.dataset.dialog ?? "")) event.preventDefault();
    if (target.closest("[data-close]")) closeAround(target, event);
    if (target instanceof HTMLDialogElement) closeOnBackdrop(target, event);
    const toggle = target.closest<HTMLElement>("[data-drawer]");
    if (toggle) toggleDrawer(toggle, event);
  });
}

export function openDialog(id: string): boolean {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return false;
  if (!dialog.open) dialog.showModal();
  return true;
}

function closeAround(target: Element, event: Event): void {
  const dialog = target.closest("dialog");
  if (dialog) {
    dialog.close();
    event.preventDefault();
    return;
  }
  const side = target.closest("#side");
  if (side) {
    side.replaceChildren();
    event.preventDefault();
  }
}

function closeOnBackdrop(dialog: HTMLDialogElement, event: MouseEvent): void {
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) dialog.close();
}

function toggleDrawer(toggle: HTMLElement, event: Event): void {
  const drawer = find("#drawer");
  if (!drawer) return;
  event.preventDefault();
  const open = drawer.toggleAttribute("data-open");
  toggle.setAttribute("aria-expanded", String(open));
  if (open) find("a", drawer)?.focus();
}
