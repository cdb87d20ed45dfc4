// The customer's side: who is on the website, and the chat widget of the one that is chosen.

import { Composer } from "./composer.js";
import { clock, h, icon, ICONS, reconcile, stickToEnd } from "./dom.js";
import { markdown } from "./markdown.js";
import { inCrisp, local } from "./net.js";

const GAP = 5 * 60_000;
const HIDDEN = new Set(["note", "event"]);

export class CustomerPane {
  /** `choose(sessionId)` is called when the visitor of the page takes on somebody's part. */
  constructor(root, { people, choose }) {
    this.people = people;
    this.choose = choose;
    this.drafts = [];
    this.conversations = [];
    this.chosen = null;
    this.build(root);
  }

  build(root) {
    this.list = h("div", { class: "visitors", role: "group", "aria-label": "Customers" });
    const add = h("button", { type: "button", class: "visitor-add", onclick: () => this.arrive() },
      icon(ICONS.plus), h("span", {}, "New visitor"));
    this.head = h("header", { class: "widget-head" });
    this.facts = h("p", { class: "facts" });
    this.log = h("div", { class: "chat", role: "log", "aria-label": "Chat", tabindex: "0" });
    this.ideas = h("div", { class: "ideas" });
    this.composer = new Composer({
      label: "Message as the customer",
      placeholder: "Write as the customer …",
      submit: (text) => this.write(text),
    });
    this.widget = h("div", { class: "widget" }, this.head, this.log, this.ideas, this.composer.node);
    root.replaceChildren(
      h("div", { class: "visitors-row" }, this.list, add),
      this.facts,
      this.widget,
    );
    this.head.append(
      h("div", { class: "widget-logo", "aria-hidden": "true" }, "A"),
      h("div", {}, h("h2", {}, "Acme support"), h("p", {}, "We usually answer within minutes")),
    );
    this.show();
  }

  /** Take in what Crisp knows. */
  update(conversations) {
    this.conversations = conversations
      .filter((c) => c.messages.length)
      .sort((a, b) => a.created_at - b.created_at);
    const known = new Set(this.conversations.map((c) => c.session_id));
    this.drafts = this.drafts.filter((draft) => !known.has(draft.session_id));
    if (this.chosen === null && this.conversations.length) this.select(this.conversations[0].session_id);
    else this.show();
  }

  /** Play this customer. */
  select(sessionId) {
    if (this.chosen === sessionId) return this.show();
    this.chosen = sessionId;
    this.log.replaceChildren();
    this.show();
    this.log.scrollTop = this.log.scrollHeight;
    this.choose(sessionId);
  }

  /** Let somebody new open the website. */
  arrive() {
    const names = new Set(this.everybody().map((one) => one.nickname));
    const person = this.people.find((one) => !names.has(one.nickname)) || this.stranger();
    const draft = { ...person, session_id: `session_${crypto.randomUUID()}` };
    this.drafts.push(draft);
    this.select(draft.session_id);
    this.composer.field.focus();
  }

  stranger() {
    const count = this.everybody().length + 1;
    return { nickname: `Visitor ${count}`, page: { title: "Home", url: "https://acme.test/" } };
  }

  everybody() {
    const seen = this.conversations.map((c) => ({
      session_id: c.session_id,
      nickname: c.meta.nickname,
      avatar: c.meta.avatar,
      unread: c.unread.visitor,
    }));
    return [...seen, ...this.drafts];
  }

  async write(text) {
    const draft = this.drafts.find((one) => one.session_id === this.chosen);
    const { ideas, ...person } = draft || {};
    if (this.chosen === null) throw new Error("Choose a customer, or let a new visitor come.");
    await inCrisp({ do: "visitor_message", ...person, session_id: this.chosen, text });
  }

  show() {
    const everybody = this.everybody();
    reconcile(this.list, everybody.map((one) => ({
      key: one.session_id,
      stamp: JSON.stringify([one, one.session_id === this.chosen]),
      make: () => this.chip(one),
    })));
    const conversation = this.conversations.find((c) => c.session_id === this.chosen);
    const draft = this.drafts.find((one) => one.session_id === this.chosen);
    this.facts.textContent = conversation ? told(conversation) : draft ? drafted(draft) : "";
    this.composer.node.hidden = this.chosen === null;
    reconcile(this.ideas, ((draft && draft.ideas) || []).map((text) => ({
      key: text,
      stamp: "",
      make: () => h("button", { type: "button", onclick: () => this.composer.fill(text) }, text),
    })));
    stickToEnd(this.log, () => reconcile(this.log, this.rows(conversation)));
    this.markRead(conversation);
  }

  chip(one) {
    const chosen = one.session_id === this.chosen;
    const unread = chosen ? 0 : one.unread || 0;
    const label = unread ? `${one.nickname}, ${unread} unread` : one.nickname;
    return h("button",
      { type: "button", class: "visitor", "aria-pressed": chosen, "aria-label": label, title: one.nickname,
        onclick: () => this.select(one.session_id) },
      portrait(one.avatar, one.nickname),
      h("span", { class: "visitor-name" }, one.nickname.split(" ")[0]),
      unread ? h("span", { class: "badge" }, String(unread)) : null);
  }

  rows(conversation) {
    if (!conversation) {
      const hint = this.chosen === null ? "In a moment a customer will write here …" : "How can we help?";
      return [{ key: "empty", stamp: hint, make: () => h("p", { class: "chat-empty" }, hint) }];
    }
    const messages = conversation.messages.filter((m) => !HIDDEN.has(m.type));
    const rows = messages.map((message, at) => {
      const before = messages[at - 1];
      const joined = before !== undefined && before.from === message.from &&
        before.user.nickname === message.user.nickname && message.timestamp - before.timestamp < GAP;
      const mark = message.from === "user" && at === messages.length - 1 ? seen(message) : "";
      return {
        key: message.fingerprint,
        stamp: JSON.stringify([message.content, message.user, joined, mark]),
        make: () => bubble(message, { joined, mark }),
      };
    });
    if (conversation.state === "resolved") {
      const text = "The team marked this as resolved. Writing again reopens it.";
      rows.push({ key: "resolved", stamp: "", make: () => h("p", { class: "chat-state" }, text) });
    }
    return rows;
  }

  /** Whoever looks at the chat has read it. */
  markRead(conversation) {
    const looking = document.visibilityState === "visible" && this.log.offsetParent !== null;
    if (!conversation || !looking || !conversation.unread.visitor) return;
    inCrisp({ do: "visitor_read", session_id: conversation.session_id }).catch(() => {});
  }
}

const seen = (message) => (message.read ? "Seen" : "Sent");

function told({ meta, pages }) {
  const { geolocation = {} } = meta.device;
  const page = pages.length ? pages.at(-1).page_url || pages.at(-1).url : "";
  return line([meta.data.company, [geolocation.city, geolocation.country].filter(Boolean).join(", "), page]);
}

const drafted = (draft) =>
  line([draft.company, [draft.city, draft.country].filter(Boolean).join(", "), draft.page.url]);

const line = (facts) => facts.filter(Boolean).map((f) => String(f).replace(/^https?:\/\//, "")).join(" · ");

function portrait(avatar, name) {
  const src = local(avatar);
  if (src) return h("img", { class: "portrait", src, alt: "", width: 36, height: 36 });
  return h("span", { class: "portrait", "aria-hidden": "true" }, name.slice(0, 1));
}

function bubble(message, { joined, mark }) {
  const mine = message.from === "user";
  const { nickname, avatar } = message.user;
  const time = h("time", { datetime: new Date(message.timestamp).toISOString() }, clock(message.timestamp));
  return h("div", { class: `bubble-row ${mine ? "mine" : "theirs"}${joined ? " joined" : ""}` },
    mine ? null : joined ? h("span", { class: "portrait-gap" }) : portrait(avatar, nickname),
    h("div", { class: "bubble-column" },
      mine || joined ? null : h("p", { class: "bubble-name" }, nickname, " ", time),
      h("div", { class: "bubble", title: clock(message.timestamp) }, content(message)),
      mark ? h("p", { class: "bubble-mark" }, mark, " ", time) : null));
}

function content({ type, content: said }) {
  if (typeof said === "string") return markdown(said);
  const url = local(said.url);
  if (type === "file" && url && String(said.type).startsWith("image/")) {
    return h("img", { class: "bubble-image", src: url, alt: said.name || "Image" });
  }
  const label = said.name || said.text || said.url || type;
  return url ? h("a", { href: url, target: "_blank", rel: "noopener" }, label) : h("p", {}, label);
}
