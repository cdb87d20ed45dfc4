// Crisp's markdown as nodes, as the customer's chat widget shows it.

import { h } from "./dom.js";
import { pictured } from "./emoji.js";

const INLINE =
  /\\([!-/:-@[-`{-~])|`([^`\n]+)`|\*\*(?=\S)([\s\S]*?\S)\*\*|~~(?=\S)([\s\S]*?\S)~~|(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]*?\S)_(?![\w_])|\[([^\]\n]+)\]\(<?((?:https?:\/\/|mailto:|tel:)[^\s<>)]+)>?\)|<?(https?:\/\/[^\s<>]*[^\s<>.,;:!?'")\]])>?/g;

/** Turn markdown into block elements. */
export function markdown(text) {
  const nodes = [];
  for (const [at, part] of text.split(/```(?:\w*\n)?([\s\S]*?)\n?```/).entries()) {
    if (at % 2) nodes.push(h("pre", {}, part));
    else nodes.push(...blocks(part));
  }
  return nodes;
}

const KINDS = [
  ["ul", /^\s*[-*•]\s+(.*)$/],
  ["ol", /^\s*(\d+)[.)]\s+(.*)$/],
  ["blockquote", /^>\s?(.*)$/],
];

function blocks(text) {
  const groups = [];
  for (const line of text.replace(/^\n+|\s+$/g, "").split("\n")) {
    const [kind, match] = KINDS.map(([tag, rule]) => [tag, rule.exec(line)]).find(([, m]) => m) || ["p", null];
    const last = groups.at(-1);
    const rest = match ? match.at(-1) : line.replace(/(\\|\s{2,})$/, "");
    if (last && last.kind === kind) last.lines.push(rest);
    else groups.push({ kind, start: kind === "ol" ? match[1] : null, lines: [rest] });
  }
  return groups.flatMap(element);
}

function element({ kind, start, lines }) {
  if (kind === "ul" || kind === "ol") {
    return h(kind, { start }, lines.map((line) => h("li", {}, inline(line))));
  }
  const paragraphs = lines.join("\n").split(/\n{2,}/).filter((p) => p.trim());
  return paragraphs.map((paragraph) => h(kind, {}, inline(paragraph.replace(/^\n/, ""))));
}

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) nodes.push(...pictured(text.slice(at, match.index)));
    at = match.index + match[0].length;
    nodes.push(one(match));
  }
  if (at < text.length) nodes.push(...pictured(text.slice(at)));
  return nodes;
}

function one([, escaped, code, bold, strike, star, underline, label, url, bare]) {
  if (escaped !== undefined) return escaped;
  if (code !== undefined) return h("code", {}, code);
  if (bold !== undefined) return h("strong", {}, inline(bold));
  if (strike !== undefined) return h("s", {}, inline(strike));
  if (star !== undefined || underline !== undefined) return h("em", {}, inline(star ?? underline));
  const props = { href: url ?? bare, target: "_blank", rel: "noopener noreferrer" };
  return h("a", props, label ?? bare);
}
