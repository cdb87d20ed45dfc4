// One message of Slack: who wrote it, what it holds, its reactions and the way into its thread.

import { clock, h } from "../shared/dom.js";
import { emoji, pictured } from "../shared/emoji.js";
import { icon, ICONS } from "../shared/icons.js";
import { local } from "../shared/net.js";
import { attachment, fileOf } from "./attachments.js";
import { renderBlocks } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";
import { reactions } from "./reactions.js";
import { toolbar } from "./toolbar.js";

const NOTE = /^\s*(?:!\s*note\b:?|note\s*:|🔒|:lock:)/iu;
const ASIDE = /^\s*\/\//;

export const ms = (ts) => Math.round(Number(ts) * 1000);

/** Return name and picture of whoever a message shows as its writer. */
export function writer(message, users) {
  const user = users[message.user] || null;
  const name = message.username || (user && user.real_name) || (message.user === "USLACKBOT" ? "Slackbot" : "App");
  const own = message.icons && Object.entries(message.icons).find(([key]) => key.startsWith("image_"));
  const sign = message.icons?.emoji ? pictured(emoji(message.icons.emoji.replaceAll(":", ""))) : null;
  return { name, picture: sign ? "" : own ? local(own[1]) : user?.face || local(user && user.profile.image_72), sign };
}

/** Make a message; `options`: inThread, joined, editor, and what can be done to it. */
export function renderMessage(message, context, options) {
  const { name, picture, sign } = writer(message, context.users);
  const kind = kindOf(message, options.inThread);
  const classes = ["msg", options.joined && "joined", message.subtype === "tombstone" && "gone", kind];
  return h("article", { class: classes.filter(Boolean).join(" "), tabindex: "-1", "aria-label": `${name}, ${clock(ms(message.ts))}` },
    h("div", { class: "msg-side" }, options.joined ? stamp(message, true) : face(picture, name, sign)),
    h("div", { class: "msg-main" },
      options.joined ? null : head(message, name),
      kind ? label(kind) : null,
      !options.inThread && isReply(message) ? above(message, context, options) : null,
      options.editor || body(message, context),
      reactions(message, context, options),
      options.inThread || isReply(message) ? null : threadLink(message, context, options)),
    options.editor ? null : toolbar(message, context, options));
}

/** Return note for what the team alone reads in Crisp, aside for what stays in Slack. */
function kindOf(message, inThread) {
  if (!inThread || !isReply(message)) return "";
  if (message.bot_id) return NOTE.test(firstWords(message)) ? "note" : "";
  return NOTE.test(message.text) ? "note" : ASIDE.test(message.text) ? "aside" : "";
}

const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** Make the way from a reply that was sent to the channel too into its thread. */
const above = (message, context, { openThread }) =>
  h("p", { class: "msg-above" }, "replied to a thread: ",
    h("button", { type: "button", class: "link", onclick: () => openThread(message.thread_ts) },
      message.root ? writer(message.root, context.users).name : "open it"));

const firstWords = ({ blocks, text }) =>
  (blocks || [])[0]?.elements?.[0]?.elements?.[0]?.text || text || "";

const label = (kind) => h("p", { class: "msg-label" }, icon(kind === "note" ? ICONS.lock : ICONS.eye),
  kind === "note" ? "Private note: the customer does not see it" : "Stays in Slack");

/** Make a message that one person alone sees. */
export function renderEphemeral(message, context, dismiss) {
  const app = context.users[context.bot];
  const name = message.username === "USLACKBOT" || message.source === "slack" ? "Slackbot" : message.username || (app ? app.real_name : "App");
  return h("article", { class: "msg ephemeral", tabindex: "-1", "aria-label": `${name}, only visible to you` },
    h("div", { class: "msg-side" }, face(app && name !== "Slackbot" ? "/static/icon.svg" : "", name)),
    h("div", { class: "msg-main" },
      h("p", { class: "only-you" }, icon(ICONS.eye), "Only visible to you"),
      head({ ...message, bot_id: "app" }, name),
      body(message, context),
      h("button", { type: "button", class: "plain", onclick: dismiss }, "Dismiss message")));
}

export function face(picture, name, sign = null) {
  if (sign) return h("span", { class: "face sign", "aria-hidden": "true" }, sign);
  if (picture) return h("img", { class: "face", src: picture, alt: "", width: 36, height: 36 });
  return h("span", { class: "face", "aria-hidden": "true" }, name.slice(0, 1));
}

const stamp = ({ ts }, brief = false) =>
  h("time", { class: "msg-time", datetime: new Date(ms(ts)).toISOString() },
    brief ? clock(ms(ts)).replace(/\s*[AP]M$/i, "") : clock(ms(ts)));

function head(message, name) {
  const app = message.bot_id ? h("span", { class: "tag" }, "APP") : null;
  return h("div", { class: "msg-head" }, h("strong", {}, name), app, stamp(message));
}

function body(message, context) {
  const files = (message.files || []).map((file) => fileOf(file));
  const hangs = (message.attachments || []).map((one) => attachment(one, context));
  const edited = message.edited && !message.bot_id ? h("span", { class: "edited" }, "(edited)") : null;
  const me = message.subtype === "me_message" ? " me" : "";
  const said = [words(message, context, hangs.length + files.length)].flat();
  const end = said.at(-1)?.querySelector("p:last-child");
  if (edited && end) end.append(" ", edited);
  return h("div", { class: `blocks${me}` }, said, end ? null : edited, files, hangs);
}

function words({ blocks, text }, context, others) {
  if (blocks && blocks.length) return renderBlocks(blocks, context);
  if (!text && others) return null;
  return h("div", { class: "b-rich" }, h("p", {}, mrkdwn(text || "", context)));
}

function threadLink(message, context, options) {
  if (!message.reply_count) return null;
  const faces = [];
  for (const reply of [...message.replies].reverse()) {
    const { name, picture, sign } = writer(reply, context.users);
    if (faces.length < 4 && !faces.some((one) => one.name === name)) faces.push({ name, picture, sign });
  }
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h("button", { type: "button", class: "thread-link", onclick: () => options.openThread(message.ts) },
    h("span", { class: "thread-faces" }, faces.reverse().map((one) => face(one.picture, one.name, one.sign))),
    h("span", { class: "thread-count" }, count),
    h("span", { class: "thread-last" }, `Last reply at ${clock(ms(message.latest_reply))}`));
}
