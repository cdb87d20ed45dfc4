// Slack's rich text as nodes.

import { h } from "../shared/dom.js";
import { emoji, pictured } from "../shared/emoji.js";
import { channel, dated, link, mention } from "./mrkdwn.js";

/** Make one part of a rich_text block: a section, list, quote or preformatted text. */
export function rich(part, context) {
  switch (part.type) {
    case "rich_text_section":
      return h("p", {}, inline(part.elements, context));
    case "rich_text_preformatted":
      return h("pre", {}, inline(part.elements, context));
    case "rich_text_quote":
      return h("blockquote", {}, inline(part.elements, context));
    case "rich_text_list": {
      const tag = part.style === "ordered" ? "ol" : "ul";
      const start = part.style === "ordered" && part.offset ? { start: part.offset + 1 } : {};
      const items = part.elements.map((item) => h("li", {}, inline(item.elements, context)));
      return h(tag, { class: `indent-${Math.min(part.indent || 0, 4)}`, ...start }, items);
    }
    default:
      return h("p", {}, `[${part.type}]`);
  }
}

const inline = (elements, context) => (elements || []).map((e) => styled(element_(e, context), e.style || {}));

function element_(element, context) {
  switch (element.type) {
    case "text":
      return element.style && element.style.code ? element.text : pictured(element.text);
    case "link":
      return link(element.url, pictured(element.text || element.url), context);
    case "emoji":
      return h("span", { title: `:${element.name}:` }, pictured(emoji(element.name, element.unicode)));
    case "user":
      return mention(element.user_id, context);
    case "channel":
      return channel(element.channel_id, context);
    case "usergroup":
      return h("span", { class: "mention" }, `@${context.groups?.[element.usergroup_id] || element.usergroup_id}`);
    case "broadcast":
      return h("span", { class: "mention mine" }, `@${element.range}`);
    case "date":
      return dated(element.timestamp, element.format || "{date_short} {time}", element.fallback);
    case "color":
      return h("code", {}, element.value);
    default:
      return `[${element.type}]`;
  }
}

function styled(node, style) {
  let made = node;
  for (const [name, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]]) {
    if (style[name]) made = h(tag, {}, made);
  }
  return made;
}
