// Who is on the website: those who have written, and those who have only come.

import { h, reconcile } from "../shared/dom.js";
import { icon, ICONS } from "../shared/icons.js";
import { portrait } from "./bubble.js";

export class Visitors {
  /** `people` may come; `choose(sessionId)` is called when one is chosen, `arrived()` for a new one. */
  constructor({ people, choose, arrived }) {
    this.people = people;
    this.choose = choose;
    this.drafts = [];
    this.conversations = [];
    this.list = h("div", { class: "visitors", role: "group", "aria-label": "Customers" });
    const add = h("button", { type: "button", class: "visitor-add", onclick: () => arrived(this.arrive()) },
      icon(ICONS.plus), h("span", {}, "New visitor"));
    this.node = h("div", { class: "visitors-row" }, this.list, add);
  }

  update(conversations) {
    this.conversations = conversations;
    const known = new Set(conversations.map((c) => c.session_id));
    this.drafts = this.drafts.filter((draft) => !known.has(draft.session_id));
  }

  /** Let somebody new open the website; return their session. */
  arrive() {
    const names = new Set(this.everybody().map((one) => one.nickname));
    const person = this.people.find((one) => !names.has(one.nickname)) || this.stranger();
    const draft = { ...person, session_id: `session_${crypto.randomUUID()}` };
    this.drafts.push(draft);
    return draft.session_id;
  }

  stranger() {
    const count = this.everybody().length + 1;
    return { nickname: `Visitor ${count}`, page: { title: "Home", url: "https://acme.test/" } };
  }

  draft(sessionId) {
    return this.drafts.find((one) => one.session_id === sessionId);
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

  show(chosen) {
    reconcile(this.list, this.everybody().map((one) => ({
      key: one.session_id,
      stamp: JSON.stringify([one, one.session_id === chosen]),
      make: () => this.chip(one, one.session_id === chosen),
    })));
  }

  chip(one, chosen) {
    const unread = chosen ? 0 : one.unread || 0;
    const label = unread ? `${one.nickname}, ${unread} unread` : one.nickname;
    return h("button",
      { type: "button", class: "visitor", "aria-pressed": chosen, "aria-label": label, title: one.nickname,
        onclick: () => this.choose(one.session_id) },
      portrait(one.avatar, one.nickname),
      h("span", { class: "visitor-name" }, one.nickname.split(" ")[0]),
      unread ? h("span", { class: "badge" }, String(unread)) : null);
  }

  /** Say in one line where somebody is and comes from. */
  facts(conversation, sessionId) {
    if (conversation) return told(conversation);
    const draft = this.draft(sessionId);
    return draft ? line([draft.company, [draft.city, draft.country].filter(Boolean).join(", "), draft.page.url]) : "";
  }
}

function told({ meta, pages }) {
  const { geolocation = {} } = meta.device;
  const page = pages.length ? pages.at(-1).page_url || pages.at(-1).url : "";
  return line([meta.data.company, [geolocation.city, geolocation.country].filter(Boolean).join(", "), page]);
}

const line = (facts) => facts.filter(Boolean).map((f) => String(f).replace(/^https?:\/\//, "")).join(" · ");
