// Keeps "3 minutes ago" true while the page stays open.
import { all } from "./dom";

const EVERY_MS = 30_000;
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function startTimes(): void {
  window.setInterval(refresh, EVERY_MS);
}

/** Only recent times change while somebody looks: older ones stay as the server wrote them. */
function refresh(): void {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  for (const element of all<HTMLTimeElement>("time[data-ago]")) {
    const seconds = (Date.parse(element.dateTime) - Date.now()) / 1000;
    const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
    if (!step || step[1] > 3_600) continue;
    element.textContent = format.format(Math.trunc(seconds / step[1]), step[0]);
  }
}
