// What a channel or a thread shows: days, messages, and what one person alone sees.

import { day, h } from "../shared/dom.js";
import { editor } from "./editor.js";
import { ms, renderEphemeral, renderMessage, writer } from "./message.js";
import { typedText } from "./mrkdwn.js";

const GAP = 300;

export class Log {
  /** `options`: context, acts, openThread(ts), openTs() (the thread that is open), refresh(). */
  constructor({ inThread, context, acts, openThread, openTs, refresh }) {
    Object.assign(this, { inThread, context, acts, openThread, openTs, refresh });
    this.dismissed = new Set();
    this.editing = null;
  }

  /** Return the rows in time's order; `own` are ephemeral messages. */
  rows(messages, own) {
    const seen = own.filter((one) => !this.dismissed.has(one.ts));
    const all = [...messages.map((m) => ({ m })), ...seen.map((m) => ({ m, alone: true }))]
      .sort((a, b) => Number(a.m.ts) - Number(b.m.ts));
    const rows = [];
    let before = null;
    let today = "";
    for (const { m, alone } of all) {
      if (!this.inThread && day(ms(m.ts)) !== today) {
        today = day(ms(m.ts));
        rows.push(divider(`day-${today}`, today));
        before = null;
      }
      rows.push(alone ? this.alone(m) : this.row(m, before));
      before = alone ? null : m;
      if (this.inThread && m === messages[0]) {
        const count = messages.length - 1;
        rows.push(divider("count", count === 1 ? "1 reply" : count ? `${count} replies` : "No replies yet"));
        before = null;
      }
    }
    if (!rows.length) rows.push(empty());
    return rows;
  }

  row(message, before) {
    const joined = before !== null && this.continues(before, message);
    const editing = this.editing === message.ts;
    const open = !this.inThread && message.ts === this.openTs();
    const { metadata, ...seen } = message;
    const stamp = editing ? "editing" : JSON.stringify([seen, joined, this.context.me, open, this.context.shortcuts.length]);
    return { key: message.ts, stamp, make: () => this.made(message, { joined, editing, open }) };
  }

  made(message, { joined, editing, open }) {
    const made = renderMessage(message, this.context, {
      inThread: this.inThread,
      joined,
      editor: editing ? this.editor(message) : null,
      openThread: this.openThread,
      react: (...what) => this.acts.react(...what),
      shortcut: (...what) => this.acts.shortcut(...what),
      edit: (one) => this.edit(one),
      remove: (one) => this.acts.remove(one, typedText(one.text, this.context) || (one.files || []).map((f) => f.name).join(", ")),
    });
    made.dataset.ts = message.ts;
    if (open) made.classList.add("open");
    return made;
  }

  editor(message) {
    return editor(typedText(message.text, this.context), {
      save: (text) => this.acts.save(message, text),
      end: () => this.edit(null),
    });
  }

  /** Let a message be changed where it stands; null ends that. */
  edit(message) {
    this.editing = message && message.ts;
    this.refresh();
  }

  /** Change the last message that whoever is played wrote. */
  recall(messages) {
    const own = messages.filter((m) => m.user === this.context.me && !m.bot_id && m.subtype !== "tombstone");
    if (own.length) this.edit(own.at(-1));
  }

  continues(before, message) {
    const { users } = this.context;
    return !message.blocks?.some((b) => b.type === "actions") && message.subtype !== "thread_broadcast" && before.subtype !== "tombstone" &&
      writer(before, users).name === writer(message, users).name && before.user === message.user &&
      Number(message.ts) - Number(before.ts) < GAP;
  }

  alone(message) {
    const dismiss = () => {
      this.dismissed.add(message.ts);
      this.refresh();
    };
    return {
      key: `own-${message.ts}`,
      stamp: JSON.stringify(message),
      make: () => {
        const made = renderEphemeral(message, this.context, dismiss);
        made.dataset.ts = message.ts;
        return made;
      },
    };
  }
}

const divider = (key, text) => ({
  key,
  stamp: text,
  make: () => h("div", { class: "divider", role: "separator" }, h("span", {}, text)),
});

const empty = () => ({
  key: "empty",
  stamp: "",
  make: () => h("p", { class: "log-empty" }, "Each customer who writes gets a thread here."),
});
