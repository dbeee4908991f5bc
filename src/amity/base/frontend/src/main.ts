// Client behaviour of every page. Pages work without it; this adds speed, keys and feedback.
import htmx from "htmx.org";

import { startAppearance } from "./appearance";
import { startBoard } from "./board";
import { startCopy } from "./copy";
import { startDialogs } from "./dialogs";
import { startDrafts } from "./drafts";
import { startDropzones } from "./dropzone";
import { startForms } from "./forms";
import { startInbox } from "./inbox";
import { startKeep } from "./keep";
import { startKeys } from "./keys";
import { startLists } from "./lists";
import { startLive } from "./live";
import { startMenus } from "./menus";
import { startPalette } from "./palette";
import { startPicker } from "./picker";
import { startRail } from "./rail";
import { startSuggest } from "./suggest";
import { startTimes } from "./times";
import { startToasts } from "./toasts";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}

window.htmx = htmx;

startToasts();
startBoard();
startMenus();
startDialogs();
startForms();
startLists();
startLive();
startPalette();
startPicker();
startRail();
startSuggest();
startInbox();
startDrafts();
startKeep();
startKeys();
startDropzones();
startTimes();
startAppearance();
startCopy();
