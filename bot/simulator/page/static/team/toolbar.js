// What appears over a message under the pointer or the focus: reactions, thread, edit, menu.

import { h } from "../shared/dom.js";
import { emoji, pictured } from "../shared/emoji.js";
import { icon, ICONS } from "../shared/icons.js";
import { openMenu } from "../shared/menu.js";
import { adder, has, QUICK, words } from "./reactions.js";

/** Make the toolbar of a message. */
export function toolbar(message, context, options) {
  if (message.subtype === "tombstone") return null;
  const own = isOwn(message, context);
  return h("div", { class: "msg-tools", role: "toolbar", "aria-label": "Message" },
    QUICK.map((name) => quick(message, name, context, options)),
    adder(message, context, options.react, "tool"),
    options.inThread ? null : tool("Reply in thread", ICONS.bubble, () => options.openThread(message.thread_ts || message.ts)),
    own ? tool("Edit message", ICONS.pencil, () => options.edit(message)) : null,
    menu(message, context, options, own));
}

/** Tell whether whoever is played wrote it. */
export const isOwn = (message, context) => message.user === context.me && !message.bot_id;

const tool = (label, path, run) =>
  h("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick: run }, icon(path));

function quick(message, name, context, { react }) {
  return h("button",
    { type: "button", class: "tool", "aria-label": `React with ${words(name)}`, title: words(name),
      onclick: () => react(message, name, has(message, name, context.me)) }, pictured(emoji(name)));
}

function menu(message, context, options, own) {
  const app = context.users[context.bot];
  const shortcuts = context.shortcuts.map(({ name, callback_id: id }) => ({ label: name, run: () => options.shortcut(message, id) }));
  const mine = own ? [
    { label: "Edit message", run: () => options.edit(message) },
    { label: "Delete message …", danger: true, run: () => options.remove(message) },
  ] : [];
  const rest = shortcuts.length ? [mine.length ? null : undefined, app ? app.real_name : "App", ...shortcuts] : [];
  if (!mine.length && !rest.length) return null;
  const made = h("button", { type: "button", class: "tool", "aria-label": "More actions on this message", "aria-haspopup": "menu", title: "More actions" }, icon(ICONS.more));
  made.addEventListener("click", () => openMenu(made, [...mine, ...rest]));
  return made;
}
