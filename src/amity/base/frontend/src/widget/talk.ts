// The line to the server: a session, messages out in order (each until it is taken), messages in over a stream.
// A stream that breaks goes on after the last mark; where streams do not get through, news is asked for instead.
import { anonymousId, freshId, keep, kept } from "./keeping";

export interface FileLine {
  id: string;
  name: string;
}
export interface Line {
  mark: string;
  id: string;
  author: "customer" | "staff" | "bot" | "system";
  name: string;
  text: string;
  files: FileLine[];
  sources: string[];
  at: string;
  said: string;
}
export interface Standing {
  conversation_id: string | null;
  state: string;
  handler: string;
  csat: number | null;
  waiting: boolean;
}
export interface Waiting {
  id: string;
  text: string;
  files: FileLine[];
  failed: string;
  said: string;
}
export interface About {
  name: string;
  greeting: string;
  privacy_url: string;
  colour: string;
  known: boolean;
  bot: boolean;
  email: string;
}
export interface Identity {
  user_id?: string;
  proof?: string;
  name?: string;
}
interface Begun extends About {
  token: string;
  read: string;
  lines: Line[];
  standing: Standing;
}

const HELLO_MS = 10_000;
const SILENCE_MS = 45_000; // the server gives a sign of life every 20 s
const HIDDEN_MS = 20_000;
const TYPING_MS = 3_000;
const MOST_DELAY_MS = 30_000;

class Refusal extends Error {
  constructor(
    public status: number,
    message: string,
    public wait = 0,
  ) {
    super(message);
  }
}

export class Talk {
  lines: Line[] = [];
  waiting: Waiting[] = [];
  standing: Standing = { conversation_id: null, state: "", handler: "", csat: null, waiting: false };
  about: About | null = null;
  online = true;
  read = "";
  typing = false;
  onChange: () => void = () => {};
  private token = "";
  private line: AbortController | null = null;
  private wanted = false;
  private sending = false;
  private wantsPerson = false;
  private failures = 0;
  private polls = false;
  private typedAt = 0;
  private typingTimer = 0;
  private retryTimer = 0;
  private beginning: Promise<void> | null = null;

  constructor(
    private base: string,
    private key: string,
    private language: string,
    private identity: Identity,
  ) {
    this.token = kept(this.place("token"));
    this.waiting = stored(kept(this.place("waiting")));
    document.addEventListener("visibilitychange", () => this.onVisibility());
    window.addEventListener("online", () => this.again());
  }

  get known(): boolean {
    return this.token !== "";
  }

  get unread(): number {
    return this.lines.filter((line) => line.author !== "customer" && line.mark > this.read).length;
  }

  /** Begin or go on, and listen from then on. */
  async begin(): Promise<void> {
    this.wanted = true;
    this.beginning ??= this.session().finally(() => (this.beginning = null));
    await this.beginning;
  }

  /** Somebody else, or nobody, is signed in on the page now. */
  async identify(identity: Identity): Promise<void> {
    this.identity = identity;
    this.hangUp();
    this.lines = [];
    if (this.known || this.wanted) await this.begin();
  }

  say(text: string, files: FileLine[] = []): void {
    this.waiting.push({ id: freshId(), text, files, failed: "", said: "" });
    this.remember();
    void this.flush();
  }

  retry(id: string): void {
    for (const each of this.waiting) if (each.id === id) each.failed = "";
    void this.flush();
  }

  async upload(file: File): Promise<FileLine> {
    await this.ready();
    const headers = { "x-file-name": encodeURIComponent(file.name), "content-type": "application/octet-stream" };
    const told = (await this.ask("files", { method: "POST", body: file, headers })) as { id: string };
    return { id: told.id, name: file.name };
  }

  async download(file: FileLine): Promise<Blob> {
    const answer = await fetch(this.url("files", { after: file.id }), { headers: this.headers() });
    if (!answer.ok) throw new Refusal(answer.status, "");
    return answer.blob();
  }

  /** Let a person answer; before the first message this is said with it. */
  async person(): Promise<void> {
    await this.ready();
    this.wantsPerson = !this.standing.conversation_id;
    if (!this.wantsPerson) await this.post("person", {});
  }

  async rate(score: number, words: string): Promise<void> {
    await this.post("rating", { score, words });
  }

  async contact(email: string): Promise<void> {
    await this.ready();
    await this.post("contact", { email });
    if (this.about) this.about.email = email;
    this.onChange();
  }

  signTyping(): void {
    if (Date.now() - this.typedAt < TYPING_MS || !this.standing.conversation_id) return;
    this.typedAt = Date.now();
    void this.post("signs", { typing: true }).catch(() => {});
  }

  /** Everything shown has been read. */
  signRead(): void {
    const last = this.lines.at(-1)?.mark ?? "";
    if (last <= this.read) return;
    this.read = last;
    void this.post("signs", { read: last }).catch(() => {});
  }

  private place(what: string): string {
    return `amity_chat:${this.key}:${what}`;
  }

  private async ready(): Promise<void> {
    if (!this.about) await this.begin();
  }

  private async session(): Promise<void> {
    this.token = kept(this.place("token")) || this.token;
    const told = {
      token: this.token,
      anonymous_id: anonymousId(),
      language: this.language,
      page: location.href.slice(0, 500),
      ...this.identity,
    };
    try {
      const begun = (await this.post("sessions", told)) as Begun;
      if (begun.token) {
        this.token = begun.token;
        keep(this.place("token"), begun.token);
      }
      this.about = begun;
      this.read = begun.read > this.read ? begun.read : this.read;
      this.standing = begun.standing;
      this.take(begun.lines);
      this.up(true);
      void this.listen();
      void this.flush();
    } catch (error) {
      this.later(error);
      throw error;
    }
  }

  private async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      await this.ready();
      for (;;) {
        const next = this.waiting.find((each) => !each.said && !each.failed);
        if (!next) break;
        this.onChange();
        await this.send(next);
      }
    } catch (error) {
      this.later(error);
    } finally {
      this.sending = false;
      this.onChange();
    }
  }

  /** One message; throws where it may work later. */
  private async send(next: Waiting): Promise<void> {
    try {
      const body = { id: next.id, text: next.text, files: next.files.map((file) => file.id) };
      next.said = ((await this.post("messages", body)) as { id: string }).id;
      this.failures = 0;
      this.up(true);
      if (this.wantsPerson) await this.post("person", {});
      this.wantsPerson = false;
    } catch (error) {
      if (error instanceof Refusal && [400, 413, 415, 422].includes(error.status)) next.failed = error.message;
      else throw error;
    } finally {
      this.settle();
    }
  }

  private async listen(): Promise<void> {
    if (this.line || !this.wanted || document.hidden) return;
    const line = (this.line = new AbortController());
    let problem: unknown;
    try {
      if (this.polls) await this.poll(line.signal);
      else await this.stream(line);
    } catch (error) {
      problem = error;
    }
    if (this.line !== line) return; // hung up on purpose
    this.line = null;
    this.later(problem);
  }

  private hangUp(): void {
    const line = this.line;
    this.line = null;
    line?.abort();
  }

  private async stream(line: AbortController): Promise<void> {
    let heard = false;
    let silent = false;
    const giveUp = (): void => {
      silent = true;
      line.abort();
    };
    let timer = window.setTimeout(giveUp, HELLO_MS);
    try {
      const answer = await fetch(this.url("stream"), {
        headers: { ...this.headers(), "last-event-id": this.last() },
        signal: line.signal,
        cache: "no-store",
      });
      if (!answer.ok || !answer.body) throw new Refusal(answer.status, "");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        heard = true;
        window.clearTimeout(timer);
        timer = window.setTimeout(giveUp, SILENCE_MS);
        this.failures = 0;
        this.up(true);
        const blocks = (text + value).split("\n\n");
        text = blocks.pop() ?? "";
        blocks.forEach((block) => this.hear(block));
      }
    } finally {
      window.clearTimeout(timer);
      if (!heard && silent) this.polls = true; // something between holds streams back
    }
  }

  private async poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const asked = { after: this.last(), standing: JSON.stringify(this.standing) };
      const answer = await fetch(this.url("news", asked), { headers: this.headers(), signal, cache: "no-store" });
      if (!answer.ok) throw new Refusal(answer.status, "");
      const told = (await answer.json()) as { lines: Line[]; typing: boolean; standing: Standing | null };
      this.failures = 0;
      this.up(true);
      if (told.standing) this.standing = told.standing;
      if (told.typing) this.showTyping();
      this.take(told.lines);
      this.onChange();
    }
  }

  private hear(block: string): void {
    const parts = new Map<string, string>();
    for (const row of block.split("\n")) {
      const at = row.indexOf(": ");
      if (at > 0) parts.set(row.slice(0, at), row.slice(at + 2));
    }
    const data = parts.get("data") ?? "";
    if (parts.get("event") === "message") this.take([JSON.parse(data) as Line]);
    else if (parts.get("event") === "standing") this.standing = JSON.parse(data) as Standing;
    else if (parts.get("event") === "typing") this.showTyping();
    else return;
    this.onChange();
  }

  private take(lines: Line[]): void {
    const have = new Set(this.lines.map((line) => line.id));
    const fresh = lines.filter((line) => !have.has(line.id));
    if (fresh.some((line) => line.author !== "customer")) this.typing = false;
    this.lines = [...this.lines, ...fresh].sort((a, b) => (a.mark < b.mark ? -1 : 1));
    this.settle();
  }

  /** What came back over the stream no longer waits. */
  private settle(): void {
    const said = new Set(this.lines.map((line) => line.said));
    this.waiting = this.waiting.filter((each) => !each.said || !said.has(each.said));
    this.remember();
    this.onChange();
  }

  private remember(): void {
    const open = this.waiting.filter((each) => !each.said);
    keep(this.place("waiting"), open.length ? JSON.stringify(open) : "");
  }

  private showTyping(): void {
    this.typing = true;
    window.clearTimeout(this.typingTimer);
    this.typingTimer = window.setTimeout(() => {
      this.typing = false;
      this.onChange();
    }, 2 * TYPING_MS);
  }

  private last(): string {
    return this.lines.at(-1)?.mark ?? "";
  }

  private up(online: boolean): void {
    if (this.online === online) return;
    this.online = online;
    this.onChange();
  }

  /** Try again after a while, longer after each failure in a row. */
  private later(error?: unknown): void {
    window.clearTimeout(this.retryTimer);
    if (error) {
      this.failures += 1;
      this.up(false);
    }
    if (error instanceof Refusal && error.status === 403) {
      if (kept(this.place("token")) === this.token) keep(this.place("token"), "");
      this.token = "";
      this.about = null;
    }
    const asked = error instanceof Refusal ? error.wait * 1000 : 0;
    const delay = Math.max(asked, Math.min(500 * 2 ** this.failures, MOST_DELAY_MS) * (0.75 + Math.random() / 2));
    this.retryTimer = window.setTimeout(() => this.again(), delay);
  }

  /** The time has come, the network is back, or somebody looks again. */
  private again(): void {
    window.clearTimeout(this.retryTimer);
    if (!this.wanted) return;
    if (!this.about) void this.begin().catch(() => {});
    else {
      void this.listen();
      void this.flush();
    }
  }

  private onVisibility(): void {
    if (!document.hidden) this.again();
    else
      window.setTimeout(() => {
        if (document.hidden) this.hangUp();
      }, HIDDEN_MS);
  }

  private headers(): Record<string, string> {
    return this.token ? { authorization: `Bearer ${this.token}` } : {};
  }

  private url(place: string, query: Record<string, string> = {}): string {
    return `${this.base}/chat/${this.key}/${place}?${new URLSearchParams({ language: this.language, ...query })}`;
  }

  private post(place: string, told: unknown): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    return this.ask(place, { method: "POST", body: JSON.stringify(told), headers });
  }

  private async ask(place: string, init: RequestInit & { headers: Record<string, string> }): Promise<unknown> {
    const signal = AbortSignal.timeout(place === "files" ? 120_000 : 20_000);
    const answer = await fetch(this.url(place), { ...init, signal, headers: { ...init.headers, ...this.headers() } });
    if (answer.ok) return answer.json();
    const told = (await answer.json().catch(() => ({}))) as { message?: string };
    throw new Refusal(answer.status, told.message ?? "", Number(answer.headers.get("retry-after") ?? 0));
  }
}

function stored(text: string): Waiting[] {
  try {
    return text ? (JSON.parse(text) as Waiting[]) : [];
  } catch {
    return [];
  }
}
