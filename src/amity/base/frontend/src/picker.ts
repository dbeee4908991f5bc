// Mapping editor: a click on a value of the sample puts its path into the field that was used last.
import { find } from "./dom";

let field: HTMLInputElement | null = null;

export function startPicker(): void {
  document.addEventListener("focusin", (event) => {
    const target = event.target as HTMLElement;
    if (target.matches("[data-path-field]")) field = target as HTMLInputElement;
  });
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-pick]");
    if (!button) return;
    const into = field?.isConnected ? field : find<HTMLInputElement>("[data-path-field]");
    if (!into) return;
    into.value = button.dataset.pick ?? "";
    into.focus();
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
