// Theme switch without a page load; the form behind it sets the same cookie when there is no JavaScript.
import { all, post } from "./dom";

export function startAppearance(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[name=theme]");
    const form = button?.form;
    if (!button || !form) return;
    event.preventDefault();
    document.documentElement.dataset.theme = button.value;
    all("button[name=theme]").forEach((each) => each.setAttribute("aria-pressed", String((each as HTMLButtonElement).value === button.value)));
    void post(form.action, { theme: button.value });
  });
}
