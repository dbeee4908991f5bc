// What the browser keeps: the token of the chat, messages that wait to be sent. Works without storage, until a reload.
const memory = new Map<string, string>();

export function kept(name: string): string {
  try {
    return localStorage.getItem(name) ?? memory.get(name) ?? "";
  } catch {
    return memory.get(name) ?? "";
  }
}

export function keep(name: string, value: string): void {
  memory.set(name, value);
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    // private windows and strict settings: memory has to do
  }
}

/** An id that nobody else makes: 32 hex digits. */
export function freshId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Sdk = { user?: () => { anonymousId?: () => unknown }; getAnonymousId?: () => unknown };

/** The anonymous id of the tracking SDK on the page, so that visits and chat are one person; else one of our own. */
export function anonymousId(): string {
  const page = window as unknown as { analytics?: Sdk; rudderanalytics?: Sdk };
  const asked = [
    () => page.analytics?.user?.()?.anonymousId?.(),
    () => page.rudderanalytics?.getAnonymousId?.(),
    () => JSON.parse(localStorage.getItem("ajs_anonymous_id") ?? "null") as unknown,
  ];
  for (const ask of asked) {
    try {
      const found = ask();
      if (typeof found === "string" && found) return found.slice(0, 200);
    } catch {
      // another SDK, or none
    }
  }
  const own = kept("amity_chat_device") || freshId();
  keep("amity_chat_device", own);
  return own;
}
