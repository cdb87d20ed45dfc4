// One message of Slack: who wrote it, its blocks, its reactions and the way into its thread.

import { renderBlocks } from "./blocks.js";
import { clock, h, icon, ICONS } from "./dom.js";
import { emoji, pictured } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";
import { local } from "./net.js";

const QUICK = ["white_check_mark", "eyes", "+1"];

export const ms = (ts) => Math.round(Number(ts) * 1000);

/** Return name and picture of whoever a message shows as its writer. */
export function writer(message, users) {
  const user = users[message.user] || null;
  const name = message.username || (user && user.real_name) || (message.user === "USLACKBOT" ? "Slackbot" : "App");
  const own = message.icons && Object.entries(message.icons).find(([key]) => key.startsWith("image_"));
  return { name, picture: local(own ? own[1] : user && user.profile.image_72) };
}

/** Make a message; `options`: inThread, joined, openThread(ts), react(message, name). */
export function renderMessage(message, context, options) {
  const { name, picture } = writer(message, context.users);
  const joined = options.joined ? " joined" : "";
  const hidden = message.subtype === "tombstone" ? " gone" : "";
  return h("article", { class: `msg${joined}${hidden}`, "aria-label": `${name}, ${clock(ms(message.ts))}` },
    h("div", { class: "msg-side" }, options.joined ? stamp(message) : face(picture, name)),
    h("div", { class: "msg-main" },
      options.joined ? null : head(message, name),
      body(message, context),
      reactions(message, context, options),
      options.inThread ? null : threadLink(message, context, options)),
    tools(message, context, options));
}

/** Make a message that one person alone sees. */
export function renderEphemeral(message, context, dismiss) {
  const app = context.users[context.bot];
  const name = message.username === "USLACKBOT" || message.source === "slack" ? "Slackbot" : message.username || (app ? app.real_name : "App");
  return h("article", { class: "msg ephemeral", "aria-label": `${name}, only visible to you` },
    h("div", { class: "msg-side" }, face(app && name !== "Slackbot" ? "/static/icon.svg" : "", name)),
    h("div", { class: "msg-main" },
      h("p", { class: "only-you" }, icon(ICONS.eye), "Only visible to you"),
      head({ ...message, bot_id: "app" }, name),
      body(message, context),
      h("button", { type: "button", class: "plain", onclick: dismiss }, "Dismiss message")));
}

function face(picture, name) {
  if (picture) return h("img", { class: "face", src: picture, alt: "", width: 36, height: 36 });
  return h("span", { class: "face", "aria-hidden": "true" }, name.slice(0, 1));
}

const stamp = ({ ts }) =>
  h("time", { class: "msg-time", datetime: new Date(ms(ts)).toISOString() }, clock(ms(ts)));

function head(message, name) {
  const app = message.bot_id ? h("span", { class: "tag" }, "APP") : null;
  return h("div", { class: "msg-head" }, h("strong", {}, name), app, stamp(message));
}

function body(message, context) {
  const shown = message.blocks && message.blocks.length
    ? renderBlocks(message.blocks, context)
    : [h("div", { class: "b-rich" }, h("p", {}, mrkdwn(message.text || "", context)))];
  const files = (message.files || []).map((file) => h("p", { class: "file" }, pictured("📎"), ` ${file.name}`));
  const edited = message.edited && !message.bot_id ? h("span", { class: "edited" }, "(edited)") : null;
  return h("div", { class: "blocks" }, shown, files, edited);
}

function reactions(message, context, options) {
  if (!message.reactions || !message.reactions.length) return null;
  const names = (users) => users.map((id) => (context.users[id] ? context.users[id].real_name : id)).join(", ");
  return h("div", { class: "reactions" }, message.reactions.map(({ name, users, count }) => {
    const mine = users.includes(context.me);
    return h("button",
      { type: "button", class: "reaction", "aria-pressed": mine, title: `${names(users)}: :${name}:`,
        "aria-label": `${name}, ${count}`, onclick: () => options.react(message, name, mine) },
      h("span", {}, pictured(emoji(name))), h("span", { class: "count" }, String(count)));
  }));
}

function threadLink(message, context, options) {
  if (!message.reply_count) return null;
  const faces = [];
  for (const reply of [...message.replies].reverse()) {
    const { name, picture } = writer(reply, context.users);
    if (faces.length < 4 && !faces.some((one) => one.name === name)) faces.push({ name, picture });
  }
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h("button", { type: "button", class: "thread-link", onclick: () => options.openThread(message.ts) },
    h("span", { class: "thread-faces" }, faces.reverse().map((one) => face(one.picture, one.name))),
    h("span", { class: "thread-count" }, count),
    h("span", { class: "thread-last" }, `Last reply at ${clock(ms(message.latest_reply))}`));
}

function tools(message, context, options) {
  if (message.subtype === "tombstone") return null;
  const quick = QUICK.map((name) => {
    const mine = (message.reactions || []).some((r) => r.name === name && r.users.includes(context.me));
    return h("button",
      { type: "button", "aria-label": `React with ${name}`, title: `:${name}:`,
        onclick: () => options.react(message, name, mine) }, pictured(emoji(name)));
  });
  const thread = options.inThread ? null : h("button",
    { type: "button", class: "msg-reply", "aria-label": "Reply in thread", title: "Reply in thread",
      onclick: () => options.openThread(message.ts) }, pictured("💬"));
  return h("div", { class: "msg-tools" }, quick, thread);
}
