// Reactions below a message: who, and a click to join in or take one's own back.

import { h } from "../shared/dom.js";
import { emoji, pictured } from "../shared/emoji.js";
import { icon, ICONS } from "../shared/icons.js";
import { openPalette } from "../shared/menu.js";

export const QUICK = ["white_check_mark", "eyes", "zzz"];
const PALETTE = [
  ...QUICK, "raised_hands", "+1", "tada", "heart", "pray", "no_entry_sign", "rocket", "fire", "bulb", "hourglass_flowing_sand", "warning", "x",
  "wave", "-1", "smile", "joy", "sweat_smile", "wink", "blush", "heart_eyes", "thinking_face", "cry",
];

const words = (name) => name.replaceAll("_", " ");

/** Make the pills of a message. */
export function reactions(message, context, { react }) {
  if (!message.reactions || !message.reactions.length) return null;
  const pills = message.reactions.map(({ name, users, count }) => {
    const mine = users.includes(context.me);
    const who = users.map((id) => (id === context.me ? "you" : context.users[id]?.real_name || id)).join(", ");
    return h("button",
      { type: "button", class: "reaction", "aria-pressed": mine, "aria-label": `${words(name)}, ${count}: ${who}`,
        "data-tip": `${who}: ${words(name)}`, onclick: () => react(message, name, mine) },
      h("span", {}, pictured(emoji(name))), h("span", { class: "count" }, String(count)));
  });
  return h("div", { class: "reactions" }, pills, adder(message, context, react, "reaction add"));
}

/** Make the button that opens the palette. */
export function adder(message, context, react, className) {
  const made = h("button", { type: "button", class: className, "aria-label": "Add a reaction", "aria-haspopup": "menu", title: "Add a reaction" }, icon(ICONS.smile));
  made.addEventListener("click", () => openPalette(made, "Reactions", 8, PALETTE.map((name) => ({
    label: words(name),
    shown: pictured(emoji(name)),
    run: () => react(message, name, has(message, name, context.me)),
  }))));
  return made;
}

/** Tell whether somebody has reacted so. */
export const has = (message, name, user) =>
  (message.reactions || []).some((r) => r.name === name && r.users.includes(user));

export { words };
