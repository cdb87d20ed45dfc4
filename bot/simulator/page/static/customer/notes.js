// The private notes of a conversation, as the team has them in Crisp: the customer never sees them.

import { clock, h, reconcile } from "../shared/dom.js";
import { icon, ICONS } from "../shared/icons.js";
import { markdown } from "../shared/markdown.js";

export class Notes {
  constructor() {
    this.list = h("ul", { class: "notes-list", hidden: true, id: "crisp-notes" });
    this.count = h("span");
    this.button = h("button",
      { type: "button", class: "notes-button", "aria-expanded": "false", "aria-controls": "crisp-notes", onclick: () => this.toggle() },
      icon(ICONS.lock), this.count);
    this.node = h("div", { class: "notes", hidden: true }, this.button, this.list);
  }

  toggle() {
    this.list.hidden = !this.list.hidden;
    this.button.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  show(conversation) {
    const notes = conversation ? conversation.messages.filter((m) => m.type === "note") : [];
    this.node.hidden = notes.length === 0;
    const count = notes.length === 1 ? "1 note" : `${notes.length} notes`;
    this.count.textContent = `${count} in Crisp`;
    this.button.setAttribute("aria-label", `${count.replace(" ", " private ")} in Crisp`);
    reconcile(this.list, notes.map((note) => ({
      key: note.fingerprint,
      stamp: JSON.stringify(note.content),
      make: () => h("li", {}, h("p", { class: "note-head" }, note.user.nickname, " · ", clock(note.timestamp)), markdown(note.content)),
    })));
  }
}
