// Block Kit as nodes. Each block becomes one element; what can be used calls context.use.

import { h } from "../shared/dom.js";
import { pictured, withEmoji } from "../shared/emoji.js";
import { markdown } from "../shared/markdown.js";
import { local } from "../shared/net.js";
import { usable } from "./elements.js";
import { field } from "./inputs.js";
import { mrkdwn } from "./mrkdwn.js";
import { rich } from "./richtext.js";

/** Turn blocks into elements; `context` as for mrkdwn, and use(); modals give `form` too. */
export function renderBlocks(blocks, context) {
  return blocks.map((block) => block_(block, context)).filter(Boolean);
}

function block_(block, context) {
  switch (block.type) {
    case "rich_text":
      return h("div", { class: "b-rich" }, (block.elements || []).map((e) => rich(e, context)));
    case "section":
      return section(block, context);
    case "context":
      return h("div", { class: "b-context" }, block.elements.map((e) => small(e, context)));
    case "actions":
      return h("div", { class: "b-actions" }, block.elements.map((e) => usable(e, block, context)));
    case "header":
      return h("div", { class: "b-header" }, object(block.text, context));
    case "divider":
      return h("hr", { class: "b-divider" });
    case "image":
      return image(block, context);
    case "input":
      return field(block, object(block.label, context), block.hint ? object(block.hint, context) : null, context);
    case "markdown":
      return h("div", { class: "b-rich" }, markdown(block.text || ""));
    default:
      return h("div", { class: "b-context" }, `[${block.type}]`);
  }
}

/** A text object as nodes. */
export function object(text, context) {
  if (!text) return [];
  if (text.type === "mrkdwn") return mrkdwn(text.text, context);
  return pictured(text.emoji === false ? text.text : withEmoji(text.text));
}

function section(block, context) {
  const words = h("div", { class: "b-words" });
  if (block.text) words.append(h("p", {}, object(block.text, context)));
  if (block.fields) {
    const fields = block.fields.map((one) => h("div", {}, object(one, context)));
    words.append(h("div", { class: "b-fields" }, fields));
  }
  const beside = block.accessory && usable(block.accessory, block, context);
  return h("div", { class: "b-section" }, words, beside || null);
}

function small(element, context) {
  if (element.type === "image") {
    return h("img", { src: local(element.image_url), alt: element.alt_text || "" });
  }
  return h("span", {}, object(element, context));
}

function image(block, context) {
  const url = local(block.image_url || (block.slack_file && block.slack_file.url));
  const title = block.title ? h("figcaption", {}, object(block.title, context)) : null;
  const picture = url ? h("img", { src: url, alt: block.alt_text || "" }) : h("p", { class: "b-context" }, block.alt_text || "Picture");
  return h("figure", { class: "b-image" }, title, picture);
}
