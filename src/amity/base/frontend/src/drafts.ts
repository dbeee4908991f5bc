// A proposed reply goes into the composer with the passages that it quotes.
import { find } from "./dom";

export function startDrafts(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-draft]");
    const field = find<HTMLTextAreaElement>("#composer-text");
    if (!button || !field) return;
    find<HTMLElement>("#composer [data-compose=reply]")?.click();
    field.setRangeText(find(`#${button.dataset.draft}`)?.textContent ?? "", field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const cited = find<HTMLInputElement>("#composer [name=citations]");
    if (cited) cited.value = button.dataset.cited ?? "";
    field.focus();
  });
}
