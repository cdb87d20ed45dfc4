// The messages of one chat as rows: joined, marked, and with a mark where one was deleted.

import { h } from "../shared/dom.js";
import { bubble, gone, standing, typing } from "./bubble.js";

const GAP = 5 * 60_000;
const HIDDEN = new Set(["note", "event"]);

/** Remembers what was there, because Crisp tells only that a message is gone. */
export class Memory {
  constructor() {
    this.seen = new Map();
  }

  /** Take in a conversation; return its messages, deleted ones of this page's time included. */
  whole({ session_id: id, messages: bare, files }) {
    const sizes = new Map((files || []).map((f) => [f.fingerprint, f.stored?.size]));
    const messages = bare.map((m) => ({ ...m, bytes: sizes.get(m.fingerprint) }));
    const now = new Map(messages.map((m) => [m.fingerprint, m]));
    const before = this.seen.get(id) || new Map();
    const kept = [...before.values()].filter((m) => !now.has(m.fingerprint)).map((m) => ({ ...m, gone: true }));
    this.seen.set(id, new Map([...kept.map((m) => [m.fingerprint, m]), ...now]));
    return [...messages, ...kept].sort((a, b) => a.timestamp - b.timestamp);
  }

  /** Tell whether there was ever something. */
  knows(id) {
    return this.seen.has(id);
  }

  /** Forget conversations that are no longer there. */
  keep(ids) {
    for (const id of this.seen.keys()) if (!ids.has(id)) this.seen.delete(id);
  }
}

/** Return the rows of a chat; `typist` is who is typing, or null. */
export function rows(all, { state, typist, acts }) {
  const messages = all.filter((m) => !HIDDEN.has(m.type));
  const copies = new Map();
  const made = messages.map((message, at) => {
    const copy = copies.get(message.fingerprint) || 0;
    copies.set(message.fingerprint, copy + 1);
    const key = copy ? `${message.fingerprint}-${copy}` : String(message.fingerprint);
    if (message.gone) return { key, stamp: "gone", make: () => gone(message) };
    const joined = continues(messages[at - 1], message);
    const mark = markOf(messages, at);
    const changed = message.edited && typeof message.content === "string";
    return {
      key,
      stamp: JSON.stringify([message.content, message.user, joined, mark, changed]),
      make: () => bubble(message, { joined, mark, changed, ...acts }),
    };
  });
  if (typist) made.push({ key: "typing", stamp: typist.nickname, make: () => typing(typist) });
  if (state === "resolved") {
    const text = "The team marked this as resolved. Writing again reopens it.";
    made.push({ key: "resolved", stamp: "", make: () => h("p", { class: "chat-state" }, text) });
  }
  return made;
}

const continues = (before, message) =>
  before !== undefined && !before.gone && before.from === message.from &&
  before.user.nickname === message.user.nickname && message.timestamp - before.timestamp < GAP;

/** Return the mark of an own message, where it is the last that has come so far. */
function markOf(messages, at) {
  const message = messages[at];
  if (message.from !== "user") return "";
  const next = messages.slice(at + 1).find((m) => m.from === "user" && !m.gone);
  return next === undefined || standing(next) !== standing(message) ? standing(message) : "";
}
