// Block Kit as nodes. Each block becomes one element; what can be used calls context.use.

import { h, icon, ICONS } from "./dom.js";
import { emoji, pictured, withEmoji } from "./emoji.js";
import { openMenu } from "./menu.js";
import { channel, dated, link, mention, mrkdwn } from "./mrkdwn.js";
import { local } from "./net.js";

/** Turn a message's blocks into elements; `context` as for mrkdwn, and `use(element, block)`. */
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
    default:
      return h("div", { class: "b-context" }, `[${block.type}]`);
  }
}

/** A text object as nodes. */
function object(text, context) {
  if (!text) return [];
  if (text.type === "mrkdwn") return mrkdwn(text.text, context);
  return pictured(text.emoji === false ? text.text : withEmoji(text.text));
}

function section(block, context) {
  const words = h("div", { class: "b-words" });
  if (block.text) words.append(h("p", {}, object(block.text, context)));
  if (block.fields) {
    const fields = block.fields.map((field) => h("div", {}, object(field, context)));
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
  const url = block.image_url || (block.slack_file && block.slack_file.url);
  const picture = h("img", { src: local(url), alt: block.alt_text || "", loading: "lazy" });
  const title = block.title ? h("figcaption", {}, object(block.title, context)) : null;
  return h("figure", { class: "b-image" }, title, picture);
}

function usable(element, block, context) {
  switch (element.type) {
    case "button":
      return button(element, block, context);
    case "overflow":
      return overflow(element, block, context);
    case "static_select":
    case "radio_buttons":
      return select(element, block, context);
    case "image":
      return h("img", { class: "b-accessory", src: local(element.image_url), alt: element.alt_text || "" });
    default:
      return h("span", { class: "b-unknown" }, `[${element.type}]`);
  }
}

function button(element, block, context) {
  const style = ["primary", "danger"].includes(element.style) ? ` ${element.style}` : "";
  const made = h("button", { class: `b-button${style}`, type: "button" }, object(element.text, context));
  made.addEventListener("click", () => context.use({ element, block, shown: made }));
  return made;
}

function overflow(element, block, context) {
  const label = { type: "button", class: "b-button b-more", "aria-label": "More actions" };
  const made = h("button", { ...label, "aria-haspopup": "menu" }, icon(ICONS.dots));
  made.addEventListener("click", () =>
    openMenu(
      made,
      element.options.map((option) => ({
        label: option.text.text,
        run: () => context.use({ element, block, value: option.value, shown: made }),
      })),
    ),
  );
  return made;
}

function select(element, block, context) {
  const options = [...(element.options || []), ...(element.option_groups || []).flatMap((g) => g.options)];
  const first = element.placeholder ? element.placeholder.text : "Choose";
  const made = h(
    "select",
    { class: "b-button", "aria-label": first },
    h("option", { value: "" }, first),
    options.map((option) => h("option", { value: option.value }, option.text.text)),
  );
  made.addEventListener("change", () => context.use({ element, block, value: made.value, shown: made }));
  return made;
}

function rich(part, context) {
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
      return h(tag, { class: `indent-${part.indent || 0}`, ...start }, items);
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
      return h("span", { class: "mention" }, `@${element.usergroup_id}`);
    case "broadcast":
      return h("span", { class: "mention mine" }, `@${element.range}`);
    case "date":
      return dated(element.timestamp, element.format || "{date_short} {time}", element.fallback);
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
