// The chat on a site: <script async src="https://crm.example.com/chat/widget.js" data-chat="KEY"></script>
// data-language sets the language (else that of the page, else of the browser); data-user and data-proof say who is
// signed in (the proof is the site's server's: HMAC-SHA256 of the user id), data-name how to call them.
import { type Identity, Talk } from "./talk";
import { View } from "./view";
import { languageOf, wordsOf } from "./words";

const script = document.currentScript as HTMLScriptElement | null;

function start(): void {
  const { chat, language, user, proof, name } = script?.dataset ?? {};
  if (!script || !chat || document.getElementById("amity-chat")) return;
  const spoken = languageOf(language, document.documentElement.lang, ...navigator.languages);
  const identity: Identity = { user_id: user ?? "", proof: proof ?? "", name: name ?? "" };
  const talk = new Talk(new URL(script.src).origin, chat, spoken, identity);
  const view = new View(talk, wordsOf(spoken), spoken);
  if (talk.known || talk.waiting.length) void talk.begin().catch(() => {});
  Object.assign(window, {
    amityChat: {
      open: () => view.open(),
      close: () => view.close(),
      identify: (who: Identity) => talk.identify(who),
    },
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
