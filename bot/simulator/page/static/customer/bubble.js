// One message of the chat, with its marks and with what its writer can do to it.

import { clock, h, toast } from "../shared/dom.js";
import { icon, ICONS } from "../shared/icons.js";
import { openMenu } from "../shared/menu.js";
import { local } from "../shared/net.js";
import { content, isBare } from "./content.js";

const MARKS = { read: "Seen", delivered: "Delivered", sent: "Sent" };

/** Return how far an own message has come: sent, delivered or read. */
export const standing = (message) => (message.read ? "read" : message.delivered ? "delivered" : "sent");

/** Make somebody's picture, or their initial. */
export function portrait(avatar, name) {
  const src = local(avatar);
  if (src) return h("img", { class: "portrait", src, alt: "", width: 36, height: 36 });
  return h("span", { class: "portrait", "aria-hidden": "true" }, name.slice(0, 1));
}

/** Make a message; `options`: joined, mark, changed, answer(act), edit(message), remove(message). */
export function bubble(message, options) {
  const mine = message.from === "user";
  const { joined, changed } = options;
  const { nickname, avatar } = message.user;
  const inside = content(message, options.answer);
  const held = isBare(message) ? h("div", { class: "bare" }, inside) : h("div", { class: "bubble", title: clock(message.timestamp) }, inside);
  return h("div",
    { class: `bubble-row ${mine ? "mine" : "theirs"}${joined ? " joined" : ""}`, role: "article", tabindex: "-1",
      "aria-label": `${mine ? "You" : nickname}, ${clock(message.timestamp)}` },
    mine ? null : joined ? h("span", { class: "portrait-gap" }) : portrait(avatar, nickname),
    mine ? tools(message, options) : null,
    h("div", { class: "bubble-column" },
      mine || joined ? null : h("p", { class: "bubble-name" }, nickname, " ", time(message)),
      held,
      foot(message, options, mine, changed)));
}

const time = ({ timestamp }) => h("time", { datetime: new Date(timestamp).toISOString() }, clock(timestamp));

function foot(message, { mark }, mine, changed) {
  const edited = changed ? h("span", { class: "edited" }, "Edited") : null;
  if (!mark) return edited ? h("p", { class: "bubble-mark" }, edited) : null;
  const ticks = h("span", { class: `ticks ${mark}` }, icon(ICONS.check), mark === "sent" ? null : icon(ICONS.check));
  return h("p", { class: "bubble-mark" }, edited, ticks, MARKS[mark], " ", mine ? time(message) : null);
}

function tools(message, { edit, remove }) {
  const made = h("button", { type: "button", class: "bubble-tools", "aria-label": "Message actions", "aria-haspopup": "menu" }, icon(ICONS.more));
  made.addEventListener("click", () => openMenu(made, [
    message.type === "text" ? { label: "Edit", run: () => edit(message) } : undefined,
    { label: "Delete", danger: true, run: () => remove(message).catch((error) => toast(error.message)) },
  ]));
  return made;
}

/** Make what stays where a message was. */
export function gone(message) {
  const mine = message.from === "user";
  const words = mine ? "You deleted this message" : `${message.user.nickname} deleted this message`;
  return h("div", { class: `bubble-row ${mine ? "mine" : "theirs"} gone`, role: "article", tabindex: "-1" },
    mine ? null : h("span", { class: "portrait-gap" }),
    h("div", { class: "bubble-column" }, h("p", { class: "bubble" }, icon(ICONS.away), words)));
}

/** Make the dots of somebody who is typing. */
export function typing({ nickname, avatar }) {
  return h("div", { class: "bubble-row theirs", role: "status" }, portrait(avatar, nickname),
    h("div", { class: "bubble-column" },
      h("div", { class: "bubble dots", "aria-label": `${nickname} is typing` }, h("span"), h("span"), h("span"))));
}
