// Groups of the rail stay as the reader left them: the next page is drawn so from the start.
import { all } from "./dom";

const YEAR_S = 31_536_000;

export function startRail(): void {
  document.addEventListener("click", (event) => {
    if ((event.target as Element).closest(".rail-group > summary")) window.setTimeout(keep); // after it opened or closed
  });
  // The place of this page is seen also where the rail is longer than the screen.
  document.querySelector("#drawer [aria-current]")?.scrollIntoView({ block: "nearest" });
}

function keep(): void {
  const open = all<HTMLDetailsElement>(".rail-group").filter((group) => group.open);
  document.cookie = `amity_rail=${open.map((group) => group.dataset.group).join(".")}; path=/; max-age=${YEAR_S}; samesite=lax`;
}
