// data-copy="#id": the button puts that element's text on the clipboard and says so for a moment.
import { find, word } from "./dom";
import { toast } from "./toasts";

export function startCopy(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    if (button) void copy(button);
  });
}

async function copy(button: HTMLElement): Promise<void> {
  const source = find(button.dataset.copy ?? "");
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    toast({ level: "success", text: word("copied") });
  } catch {
    select(source); // no clipboard without https: the text is marked, Ctrl-C takes it
  }
}

function select(source: HTMLElement): void {
  const range = document.createRange();
  range.selectNodeContents(source);
  const selection = window.getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}
