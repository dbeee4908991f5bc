// What the visitor sees: a launcher, and a dialog with the log of messages. Lives in a shadow root, so that the site's
// styles and ours do not meet; styles are adopted sheets and text is text, so any content security policy is fine.
import css from "./widget.css";
import type { FileLine, Line, Talk, Waiting } from "./talk";
import { filled, type Words } from "./words";

const MAX_FILE = 10 * 1024 * 1024;
const ICONS = {
  chat: "M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5z",
  close: "M18 6 6 18M6 6l12 12",
  send: "M4 12h14M12 5l7 7-7 7",
  clip: "M15 7l-6.5 6.5a1.5 1.5 0 0 0 3 3L18 10a3 3 0 0 0-6-6l-6.5 6.5a4.5 4.5 0 0 0 9 9L21 13",
};
type Child = Node | string;

export class View {
  private root: ShadowRoot;
  private launcher: HTMLButtonElement;
  private badge = element("span", { class: "badge", hidden: "" });
  private panel: HTMLElement;
  private heading = element("h2", { id: "title" });
  private who = element("p", { role: "status" });
  private person: HTMLButtonElement;
  private whoBar: HTMLElement;
  private log: HTMLElement;
  private list = element("ol", { class: "list" });
  private note = element("p", { class: "note", role: "status" });
  private offline: HTMLElement;
  private rating: HTMLFieldSetElement;
  private reach: HTMLFormElement;
  private kept = element("p", { class: "kept" });
  private text: HTMLTextAreaElement;
  private shown = new Map<string, HTMLElement>();
  private before: Element | null = null;
  private personAsked = false;
  private words1 = "";

  constructor(
    private talk: Talk,
    private words: Words,
    language: string,
  ) {
    const host = element("div", { id: "amity-chat", lang: language });
    this.root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.root.adoptedStyleSheets = [sheet];
    this.launcher = button("launcher", words.open, icon("chat"), this.badge);
    this.launcher.setAttribute("aria-haspopup", "dialog");
    this.launcher.setAttribute("aria-expanded", "false");
    const about = { class: "log", role: "log", "aria-live": "polite", "aria-label": words.log, tabindex: "0" };
    this.log = element("div", about, this.list);
    this.offline = element("p", { class: "offline", role: "status", hidden: "" }, words.offline);
    this.rating = this.makeRating();
    this.reach = this.makeReach();
    this.text = element("textarea", { id: "text", rows: "1", maxlength: "4000" });
    this.person = button("", "", words.person);
    this.person.addEventListener("click", () => void this.askPerson());
    this.whoBar = element("div", { class: "who", hidden: "" }, this.who, this.person);
    this.panel = this.makePanel();
    this.root.append(this.launcher, this.panel);
    document.body.append(host);
    this.launcher.addEventListener("click", () => this.open());
    talk.onChange = () => this.show();
    this.show();
  }

  open(): void {
    this.before = this.root.activeElement ?? document.activeElement;
    this.panel.hidden = false;
    this.launcher.hidden = true;
    this.launcher.setAttribute("aria-expanded", "true");
    this.text.focus();
    void this.talk.begin().catch(() => {});
    this.show();
    this.toEnd();
  }

  close(): void {
    this.panel.hidden = true;
    this.launcher.hidden = false;
    this.launcher.setAttribute("aria-expanded", "false");
    const back = this.before === this.launcher || !(this.before instanceof HTMLElement) ? this.launcher : this.before;
    (back.isConnected ? back : this.launcher).focus();
    this.show();
  }

  private makePanel(): HTMLElement {
    const close = button("", this.words.close, icon("close"));
    close.addEventListener("click", () => this.close());
    const panel = element(
      "section",
      { class: "panel", role: "dialog", "aria-modal": "true", "aria-labelledby": "title", hidden: "" },
      element("div", { class: "head" }, this.heading, close),
      this.whoBar,
      this.log,
      this.note,
      this.offline,
      this.rating,
      this.reach,
      this.makeWrite(),
      this.kept,
    );
    panel.addEventListener("keydown", (event) => this.onKey(event));
    return panel;
  }

  private makeWrite(): HTMLElement {
    const send = button("send", this.words.send, icon("send"));
    const file = element("input", { type: "file", "aria-label": this.words.attach });
    const form = element(
      "form",
      { class: "write" },
      element("span", { class: "file" }, icon("clip"), file),
      element("label", { class: "sr", for: "text" }, this.words.write),
      this.text,
      send,
    );
    this.text.placeholder = this.words.write;
    send.type = "submit";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.say();
    });
    file.addEventListener("change", () => void this.attach(file));
    this.text.addEventListener("input", () => this.talk.signTyping());
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say();
    });
    return form;
  }

  private makeRating(): HTMLFieldSetElement {
    const scores = this.words.scores.map((word, at) => {
      const each = button("", "", element("strong", {}, String(at + 1)), element("span", {}, word));
      each.setAttribute("aria-pressed", "false");
      each.addEventListener("click", () => void this.rate(at + 1));
      return each;
    });
    const words = element("input", { id: "words", maxlength: "2000" });
    const save = button("line", "", this.words.save);
    save.addEventListener("click", () => void this.rate(this.talk.standing.csat ?? 0, words.value));
    const more = element(
      "div",
      { class: "more", hidden: "" },
      element("label", { for: "words" }, this.words.words),
      element("div", { class: "row" }, words, save),
    );
    return element(
      "fieldset",
      { class: "rating", hidden: "" },
      element("legend", {}, this.words.rate),
      element("div", { class: "scores" }, ...scores),
      more,
    );
  }

  private makeReach(): HTMLFormElement {
    const email = element("input", { id: "email", type: "email", autocomplete: "email", maxlength: "254", required: "" });
    const save = button("line", "", this.words.save);
    save.type = "submit";
    const form = element(
      "form",
      { class: "reach", hidden: "" },
      element("label", { for: "email" }, this.words.email),
      element("div", { class: "row" }, email, save),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.talk
        .contact(email.value)
        .then(() => this.tell(this.words.saved))
        .catch((error: Error) => this.tell(error.message || this.words.unavailable));
    });
    return form;
  }

  private say(): void {
    const text = this.text.value.trim();
    if (!text) return;
    this.text.value = "";
    this.talk.say(text);
    this.tell("");
    this.toEnd();
  }

  private async attach(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    if (file.size > MAX_FILE) return this.tell(this.words.fileLarge);
    this.tell(this.words.sending);
    try {
      const kept = await this.talk.upload(file);
      this.talk.say(this.text.value.trim(), [kept]);
      this.text.value = "";
      this.tell("");
    } catch (error) {
      this.tell((error as Error).message || this.words.fileFailed);
    }
  }

  private async askPerson(): Promise<void> {
    this.personAsked = true;
    try {
      await this.talk.person();
      this.tell("");
    } catch {
      this.personAsked = false;
      this.tell(this.words.unavailable);
    }
    this.log.focus();
    this.show();
  }

  private async rate(score: number, words = ""): Promise<void> {
    if (!score) return;
    try {
      await this.talk.rate(score, words || this.words1);
      this.words1 = words || this.words1;
      this.talk.standing.csat = score;
      this.tell(this.words.rated);
    } catch (error) {
      this.tell((error as Error).message || this.words.unavailable);
    }
    this.show();
  }

  private show(): void {
    const { talk, words } = this;
    const { about, standing } = talk;
    this.heading.textContent = about?.name || words.title;
    if (about?.colour && readable(about.colour)) (this.root.host as HTMLElement).style.setProperty("--accent", about.colour);
    this.offline.hidden = talk.online;
    const last = talk.lines.at(-1);
    this.showWho(last);
    const solved = standing.state === "solved";
    this.rating.hidden = !solved;
    this.rating.querySelectorAll(".scores button").forEach((each, at) => {
      each.setAttribute("aria-pressed", String(standing.csat === at + 1));
    });
    (this.rating.querySelector(".more") as HTMLElement).hidden = !standing.csat;
    const staff = !!talk.lines.length && !solved && standing.handler !== "bot";
    this.reach.hidden = !staff || !about || about.known || !!about.email || talk.lines.some(namesAddress);
    if (talk.typing) this.tell(filled(words.typing, { name: last?.author === "staff" && last.name ? last.name : words.somebody }));
    else if (this.note.hasAttribute("data-typing")) this.tell("");
    this.note.toggleAttribute("data-typing", talk.typing);
    this.showKept();
    this.showLines();
    const open = !this.panel.hidden;
    if (open && !document.hidden) talk.signRead();
    const unread = open ? 0 : talk.unread;
    this.badge.hidden = !unread;
    this.badge.textContent = unread ? String(unread) : "";
    this.launcher.setAttribute("aria-label", unread ? filled(words.openNew, { count: unread }) : words.open);
  }

  /** A person can be asked for while a bot answers, or would answer the first message. */
  private showWho(last?: Line): void {
    const { standing, about } = this.talk;
    const bot = standing.handler === "bot" || (!standing.conversation_id && !!about?.bot);
    const comes = this.personAsked && last?.author !== "staff";
    const told = comes ? this.words.personAsked : standing.handler === "bot" ? this.words.botHere : "";
    if (this.who.textContent !== told) this.who.textContent = told;
    this.person.hidden = !bot || comes;
    this.whoBar.hidden = !told && this.person.hidden;
  }

  private showKept(): void {
    const url = this.talk.about?.privacy_url ?? "";
    if (this.kept.dataset.url === url) return;
    this.kept.dataset.url = url;
    this.kept.replaceChildren(this.words.kept);
    if (/^https?:\/\//.test(url)) {
      this.kept.append(" ", element("a", { href: url, target: "_blank", rel: "noopener" }, this.words.privacy));
    }
  }

  private showLines(): void {
    const near = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    const greeting = this.talk.about?.greeting || this.words.hello;
    const wanted: [string, () => HTMLElement][] = [
      [`hello:${greeting}`, () => this.bubble("", this.words.team, greeting, [], false)],
      ...this.talk.lines.map((line): [string, () => HTMLElement] => [line.id, () => this.line(line)]),
      ...this.talk.waiting.map((each): [string, () => HTMLElement] => [
        `${each.id}:${each.failed}:${each.said}`,
        () => this.pending(each),
      ]),
    ];
    const names = new Set(wanted.map(([name]) => name));
    for (const [name, node] of this.shown) {
      if (names.has(name)) continue;
      node.remove();
      this.shown.delete(name);
    }
    let after: Element | null = null;
    for (const [name, make] of wanted) {
      const node: HTMLElement = this.shown.get(name) ?? make();
      this.shown.set(name, node);
      const place: Element | null = after ? after.nextElementSibling : this.list.firstElementChild;
      if (place !== node) this.list.insertBefore(node, place);
      after = node;
    }
    if (near) this.toEnd();
  }

  private line(line: Line): HTMLElement {
    if (line.author === "system") return element("li", { class: "system" }, element("p", { class: "said" }, line.text));
    const mine = line.author === "customer";
    const name = mine ? this.words.you : line.author === "bot" ? this.words.bot : line.name || this.words.team;
    const node = this.bubble(line.at, name, line.text, line.files, mine, line.author === "bot");
    const sources = line.sources.filter((title) => title && !line.text.includes(title));
    if (sources.length) {
      const titles = filled(this.words.sources, { titles: sources.join(", ") });
      node.append(element("p", { class: "meta" }, titles));
    }
    return node;
  }

  private pending(each: Waiting): HTMLElement {
    const node = this.bubble("", this.words.you, each.text, each.files, true);
    if (each.said) return node;
    const told = each.failed ? `${this.words.failed}: ${each.failed}` : this.words.sending;
    node.append(element("p", { class: each.failed ? "meta problem" : "meta" }, told));
    if (each.failed) {
      const retry = button("", "", this.words.retry);
      retry.addEventListener("click", () => this.talk.retry(each.id));
      node.append(retry);
    }
    return node;
  }

  private bubble(at: string, name: string, text: string, files: FileLine[], mine: boolean, bot = false): HTMLElement {
    const time = at ? new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
    const who: Child = bot ? element("span", { class: "tag" }, name) : name;
    const node = element("li", { class: mine ? "mine" : "theirs" }, element("p", { class: "meta" }, who, time ? ` ${time}` : ""));
    if (text) node.append(element("p", { class: "said" }, text));
    for (const file of files) {
      const open = button("", "", icon("clip"), file.name);
      open.addEventListener("click", () => void this.fetch(file));
      node.append(open);
    }
    return node;
  }

  private async fetch(file: FileLine): Promise<void> {
    try {
      const url = URL.createObjectURL(await this.talk.download(file));
      const link = element("a", { href: url, download: file.name });
      link.click();
      window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch {
      this.tell(this.words.unavailable);
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Tab") this.keepIn(event);
  }

  private keepIn(event: KeyboardEvent): void {
    const all = [...this.panel.querySelectorAll<HTMLElement>("button, input, textarea, a[href], [tabindex='0']")];
    const usable = all.filter((each) => each.offsetParent !== null || each.getClientRects().length > 0);
    const [first, last] = [usable[0], usable.at(-1)];
    const now = this.root.activeElement;
    if (event.shiftKey && now === first) {
      event.preventDefault();
      last?.focus();
    } else if (!event.shiftKey && now === last) {
      event.preventDefault();
      first?.focus();
    }
  }

  private tell(text: string): void {
    if (this.note.textContent !== text) this.note.textContent = text;
  }

  private toEnd(): void {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** The visitor gave an address in the talk itself, as the bot asks for it. */
function namesAddress(line: Line): boolean {
  return line.author === "customer" && /\S@\S+\.\S/.test(line.text);
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function button(kind: string, label: string, ...children: Child[]): HTMLButtonElement {
  const made = element("button", { type: "button", ...(kind && { class: kind }), ...(label && { "aria-label": label }) }, ...children);
  if (label) made.title = label;
  return made;
}

function icon(name: keyof typeof ICONS): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Whether white text on this colour (#rrggbb) can be read: contrast 4.5 or more (WCAG 2.2, 1.4.3). */
function readable(colour: string): boolean {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (!found) return false;
  const [r, g, b] = found.slice(1).map((hex) => {
    const part = Number.parseInt(hex, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05) >= 4.5;
}
