// What a chat bubble holds, by the kind of its message.

import { h, toast } from "../shared/dom.js";
import { pictured } from "../shared/emoji.js";
import { icon, ICONS } from "../shared/icons.js";
import { media } from "../shared/media.js";
import { local } from "../shared/net.js";
import { markdown } from "../shared/markdown.js";

/** Make the content of a message; `answer(act)` lets the customer answer what asks something. */
export function content({ type, content: said, fingerprint, bytes }, answer) {
  if (typeof said === "string") return markdown(said);
  if (type === "picker") return picker(said, fingerprint, answer);
  if (type === "field") return field(said, fingerprint, answer);
  if (type === "carousel") return carousel(said);
  if (said.url) return file(type, said, bytes);
  return h("p", {}, said.text || said.name || type);
}

/** Tell whether a message stands by itself, without a bubble around it. */
export function isBare({ type, content: said }) {
  return type === "carousel" || (["file", "animation", "audio"].includes(type) && local(said.url) !== "");
}

function file(type, said, bytes) {
  const url = local(said.url);
  const name = said.name || (type === "file" ? said.url.split("/").at(-1) : said.text || type);
  if (url === "") return h("a", { href: said.url, target: "_blank", rel: "noopener noreferrer" }, name);
  return media({ url, name, type: said.type, duration: said.duration, bytes });
}

function picker({ text, choices }, fingerprint, answer) {
  const done = choices.some((one) => one.selected);
  return h("div", { class: "picker" }, markdown(text),
    h("div", { class: "picker-choices", role: "group", "aria-label": text }, choices.map((choice) =>
      h("button",
        { type: "button", "aria-pressed": Boolean(choice.selected), disabled: done,
          onclick: () => answer({ do: "picker_answer", fingerprint, value: choice.value }).catch((error) => toast(error.message)) },
        choice.selected ? icon(ICONS.check) : null, choice.icon ? `${choice.icon} ` : "", choice.label || choice.value))));
}

function field({ text, explain, value }, fingerprint, answer) {
  const shown = markdown(text);
  if (value) {
    return h("div", { class: "field" }, shown, h("p", { class: "field-answer" }, icon(ICONS.check), h("span", {}, String(value))));
  }
  const input = h("input", { type: "text", required: true, "aria-label": text, placeholder: explain || "Your answer", autocomplete: "off" });
  const send = async (event) => {
    event.preventDefault();
    try {
      await answer({ do: "field_answer", fingerprint, value: input.value.trim() });
    } catch (error) {
      toast(error.message);
    }
  };
  return h("form", { class: "field", onsubmit: send }, shown,
    h("div", { class: "field-row" }, input, h("button", { type: "submit", "aria-label": "Send the answer" }, icon(ICONS.send))));
}

function carousel({ text, targets }) {
  return h("div", { class: "carousel-whole" }, h("div", { class: "bubble" }, markdown(text)),
    h("div", { class: "carousel", tabindex: "0", role: "group", "aria-label": text }, targets.map((target) => {
      const image = local(target.image);
      return h("article", { class: "carousel-card" },
        image ? h("img", { src: image, alt: "" }) : null,
        h("strong", {}, pictured(target.title || "")),
        target.description ? h("p", {}, pictured(target.description)) : null,
        (target.actions || []).map((action) =>
          h("a", { href: action.url, target: "_blank", rel: "noopener noreferrer" }, action.label)));
    })));
}
