// What hangs on a message: previews of links, other messages that were shared, and files.

import { h } from "../shared/dom.js";
import { media } from "../shared/media.js";
import { local } from "../shared/net.js";
import { renderBlocks } from "./blocks.js";
import { link, mrkdwn } from "./mrkdwn.js";

/** Make an attachment: its own blocks, or the classic parts. */
export function attachment(one, context) {
  const image = local(one.image_url);
  const thumb = local(one.thumb_url);
  const made = h("div", { class: "attachment" }, h("div", { class: "attachment-main" },
    one.pretext ? h("p", {}, mrkdwn(one.pretext, context)) : null,
    one.author_name || one.service_name ? h("p", { class: "attachment-author" }, one.author_name || one.service_name) : null,
    one.title ? h("p", { class: "attachment-title" }, one.title_link ? link(one.title_link, one.title, context) : one.title) : null,
    one.text ? h("p", { class: "attachment-text" }, mrkdwn(one.text, context)) : null,
    one.fields ? h("div", { class: "b-fields" }, one.fields.map((f) => h("div", {}, h("strong", {}, f.title), h("p", {}, mrkdwn(f.value || "", context))))) : null,
    one.blocks || one.message_blocks ? h("div", { class: "blocks" }, renderBlocks(one.blocks || one.message_blocks.flatMap((m) => m.message.blocks), context)) : null,
    (one.files || []).map((file) => fileOf(file)),
    image ? h("img", { class: "attachment-image", src: image, alt: one.title || "" }) : null,
    one.footer ? h("p", { class: "attachment-footer" }, one.footer) : null),
  thumb ? h("img", { class: "attachment-thumb", src: thumb, alt: "" }) : null);
  const colour = /^#?([0-9a-f]{6})$/i.exec(one.color || "");
  if (colour) made.style.setProperty("--bar", `#${colour[1]}`);
  return made;
}

const WHY = {
  tombstone: "This file was deleted.",
  hidden_by_limit: "Hidden: the workspace is over its limit.",
  file_access: "Its owner has to share it first.",
};

/** Make what shows a file of Slack. */
export function fileOf(file) {
  const why = WHY[file.mode];
  if (why) return media({ name: file.name || "File", why });
  const url = local(file.url_private);
  if (!url && /^https?:/.test(file.url_private || "")) return media({ name: file.name, why: "Elsewhere", elsewhere: file.url_private });
  if (!url) return media({ name: file.name, bytes: file.size, why: "Not available" });
  return media({ url, name: file.name, type: file.mimetype, bytes: file.size });
}
