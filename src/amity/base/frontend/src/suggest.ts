// Fields that suggest while one types: [data-suggest] becomes a combobox over the list that htmx puts below it.
// Arrow keys move, Enter takes, Escape closes; what is typed stays as typed when nothing is taken.
import { all, find } from "./dom";

export function startSuggest(): void {
  document.addEventListener("focusin", (event) => {
    const input = field(event.target);
    if (input && !input.hasAttribute("role")) prepare(input);
  });
  document.addEventListener("htmx:afterOnLoad", (event) => {
    const input = field(event.target); // the list is in place by now, even an empty one
    if (input) shown(input);
  });
}

function field(target: EventTarget | null): HTMLInputElement | null {
  return target instanceof HTMLInputElement && target.matches("[data-suggest]") ? target : null;
}

function prepare(input: HTMLInputElement): void {
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.addEventListener("input", () => keep(input, ""));
  input.addEventListener("keydown", (event) => onKey(event, input));
  input.addEventListener("blur", () => close(input));
  box(input).addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = (event.target as Element).closest<HTMLElement>("[role=option]");
    if (option) take(input, option);
  });
}

function around(input: HTMLElement): HTMLElement {
  return input.closest<HTMLElement>(".suggest")!;
}

function box(input: HTMLElement): HTMLElement {
  return find(".suggest-found", around(input))!;
}

function keep(input: HTMLElement, id: string): void {
  find<HTMLInputElement>("[data-suggest-pick]", around(input))!.value = id;
}

function shown(input: HTMLInputElement): void {
  const found = box(input);
  const list = find("[role=listbox]", found);
  const taken = find<HTMLInputElement>("[data-suggest-pick]", around(input))!.value !== "";
  find("[role=status]", around(input))!.textContent = list?.dataset.told ?? "";
  if (!list || taken || document.activeElement !== input) return close(input);
  list.id = `${found.id}_list`;
  all("[role=option]", list).forEach((option, index) => (option.id = `${list.id}_${index}`));
  input.setAttribute("aria-controls", list.id);
  input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-expanded", "true");
  found.hidden = false;
}

function close(input: HTMLInputElement): void {
  box(input).hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function take(input: HTMLInputElement, option: HTMLElement): void {
  input.value = option.dataset.text ?? "";
  keep(input, option.dataset.id ?? "");
  close(input);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function select(input: HTMLInputElement, option: HTMLElement): void {
  all("[aria-selected=true]", box(input)).forEach((each) => each.setAttribute("aria-selected", "false"));
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function onKey(event: KeyboardEvent, input: HTMLInputElement): void {
  if (box(input).hidden || event.isComposing) return;
  const options = all("[role=option]", box(input));
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
    const from = at < 0 && event.key === "ArrowUp" ? 0 : at;
    select(input, options[(from + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length]!);
  } else if (event.key === "Enter" && at >= 0) {
    take(input, options[at]!);
  } else if (event.key === "Escape") {
    close(input);
    event.stopPropagation();
  } else return;
  event.preventDefault();
}
