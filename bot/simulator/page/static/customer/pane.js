// The customer's side: who is on the website, and the chat widget of the one that is chosen.

import { Composer } from "../shared/composer.js";
import { h, reconcile, stickToEnd, walkable } from "../shared/dom.js";
import { inCrisp, upload } from "../shared/net.js";
import { droppable } from "../shared/tray.js";
import { Memory, rows } from "./chat.js";
import { Notes } from "./notes.js";
import { Typing, Typists } from "./typing.js";
import { Visitors } from "./visitors.js";

export class CustomerPane {
  /** `choose(sessionId)` is called when the visitor of the page takes on somebody's part. */
  constructor(root, { people, choose }) {
    this.choose = choose;
    this.conversations = [];
    this.chosen = null;
    this.memory = new Memory();
    this.typing = new Typing();
    this.typists = new Typists(() => this.show());
    this.visitors = new Visitors({ people, choose: (id) => this.select(id), arrived: (id) => this.welcome(id) });
    this.notes = new Notes();
    this.acts = {
      answer: (act) => inCrisp({ ...act, session_id: this.chosen }),
      edit: (message) => this.edit(message),
      remove: ({ fingerprint }) => inCrisp({ do: "visitor_remove", session_id: this.chosen, fingerprint }),
    };
    this.build(root);
  }

  build(root) {
    this.facts = h("p", { class: "facts" });
    this.log = h("div", { class: "chat", role: "log", "aria-label": "Chat", tabindex: "0" });
    walkable(this.log, ".bubble-row");
    this.ideas = h("div", { class: "ideas" });
    this.composer = new Composer({
      label: "Message as the customer",
      placeholder: "Write as the customer …",
      submit: (text, files, tray) => this.write(text, files, tray),
      typed: (text) => this.conversation() && this.typing.typed(this.chosen, text),
      recall: () => this.recall(),
    });
    this.widget = h("div", { class: "widget" },
      h("header", { class: "widget-head" },
        h("div", { class: "widget-logo", "aria-hidden": "true" }, "A"),
        h("div", {}, h("h2", {}, "Acme support"), h("p", {}, "We usually answer within minutes"))),
      this.log, this.ideas, this.composer.node);
    droppable(this.widget, this.composer.tray, "Drop files to send them as the customer");
    root.replaceChildren(this.visitors.node, h("div", { class: "about" }, this.facts, this.notes.node), this.widget);
    this.show();
  }

  /** Take in what Crisp knows. */
  update(conversations) {
    this.conversations = conversations
      .filter((c) => c.messages.length || this.memory.knows(c.session_id))
      .sort((a, b) => a.created_at - b.created_at);
    this.memory.keep(new Set(this.conversations.map((c) => c.session_id)));
    this.whole = new Map(this.conversations.map((c) => [c.session_id, this.memory.whole(c)]));
    this.visitors.update(this.conversations);
    this.markDelivered();
    if (this.chosen === null && this.conversations.length) this.select(this.conversations[0].session_id);
    else this.show();
  }

  /** Take in that somebody of the team types, or has written. */
  hear(event, data) {
    if (event === "message:compose:receive") this.typists.hear(data);
    else if (event === "message:received") this.typists.end(data.session_id);
    else return;
    if (data.session_id === this.chosen) this.show();
  }

  conversation() {
    return this.conversations.find((c) => c.session_id === this.chosen);
  }

  /** Play this customer. */
  select(sessionId) {
    if (this.chosen === sessionId) return this.show();
    this.composer.endEdit();
    this.typing.stopped();
    this.chosen = sessionId;
    this.log.replaceChildren();
    this.show();
    this.log.scrollTop = this.log.scrollHeight;
    this.choose(sessionId);
  }

  welcome(sessionId) {
    this.select(sessionId);
    this.composer.field.focus();
  }

  async write(text, files, tray) {
    if (this.chosen === null) throw new Error("Choose a customer, or let a new visitor come.");
    this.typing.stopped();
    const { ideas, ...person } = this.visitors.draft(this.chosen) || {};
    const act = { do: "visitor_message", ...person, session_id: this.chosen };
    for (const file of files) {
      await upload("crisp", act, [file], (part) => tray.progress(part, 0));
      tray.sent(1);
    }
    if (text) await inCrisp({ ...act, text });
  }

  edit(message) {
    const { session_id, fingerprint } = { session_id: this.chosen, fingerprint: message.fingerprint };
    this.composer.edit(message.content, (text) =>
      text === message.content ? null : inCrisp({ do: "visitor_edit", session_id, fingerprint, text }));
  }

  /** Change the last own text: ↑ in an empty field. */
  recall() {
    const own = (this.conversation()?.messages || []).filter((m) => m.from === "user" && m.type === "text");
    if (own.length) this.edit(own.at(-1));
  }

  show() {
    const conversation = this.conversation();
    const draft = this.visitors.draft(this.chosen);
    this.visitors.show(this.chosen);
    this.facts.textContent = this.visitors.facts(conversation, this.chosen);
    this.notes.show(conversation);
    this.composer.node.hidden = this.chosen === null;
    reconcile(this.ideas, ((draft && draft.ideas) || []).map((text) => ({
      key: text,
      stamp: "",
      make: () => h("button", { type: "button", onclick: () => this.composer.fill(text) }, text),
    })));
    stickToEnd(this.log, () => reconcile(this.log, this.rows(conversation)));
    this.markRead(conversation);
  }

  rows(conversation) {
    if (!conversation) {
      const hint = this.chosen === null ? "In a moment a customer will write here …" : "How can we help?";
      return [{ key: "empty", stamp: hint, make: () => h("p", { class: "chat-empty" }, hint) }];
    }
    const typist = this.typists.of(conversation.session_id);
    return rows(this.whole.get(conversation.session_id), { state: conversation.state, typist, acts: this.acts });
  }

  /** Whoever looks at the chat has read it. */
  markRead(conversation) {
    const looking = document.visibilityState === "visible" && this.log.offsetParent !== null;
    if (!conversation || !looking || !conversation.unread.visitor) return;
    inCrisp({ do: "visitor_read", session_id: conversation.session_id }).catch(() => {});
  }

  /** Whoever has the website open has got what was written to them, seen or not. */
  markDelivered() {
    for (const { session_id, messages } of this.conversations) {
      const last = messages.findLast((m) => m.from === "operator" && !HIDDEN.has(m.type));
      if (last && !last.delivered) inCrisp({ do: "visitor_delivered", session_id }).catch(() => {});
    }
  }
}

const HIDDEN = new Set(["note", "event"]);
