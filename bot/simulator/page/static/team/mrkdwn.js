// Slack's mrkdwn as nodes: styles, links, names and dates.

import { h } from "../shared/dom.js";
import { pictured, withEmoji } from "../shared/emoji.js";

const TOKEN =
  /<([^<>\n]+)>|```([\s\S]+?)```|`([^`\n]+)`|(?<![\w*])\*(\S|\S[^*\n]*?\S)\*(?![\w*])|(?<![\w_])_(\S|\S[^_\n]*?\S)_(?![\w_])|(?<![\w~])~(\S|\S[^~\n]*?\S)~(?![\w~])/g;
const ENTITY = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

const unescaped = (text) => text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITY[entity]);
const plain = (text) => pictured(withEmoji(unescaped(text)));

const QUOTED = /(?:^(?:>|&gt;) ?.*(?:\n|$))+/gm;

/** Turn mrkdwn into nodes; `context` knows people, channels and what a link does. */
export function mrkdwn(text, context) {
  const nodes = [];
  let at = 0;
  for (const match of text.includes("```") ? [] : text.matchAll(QUOTED)) {
    nodes.push(...inline(text.slice(at, match.index).replace(/\n$/, ""), context));
    at = match.index + match[0].length;
    const inside = match[0].trimEnd().replace(/^(?:>|&gt;) ?/gm, "");
    nodes.push(h("span", { class: "b-quote" }, inline(inside, context)));
  }
  return [...nodes, ...inline(text.slice(at), context)];
}

function inline(text, context) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > at) nodes.push(...plain(text.slice(at, match.index)));
    at = match.index + match[0].length;
    const [, reference, fence, code, bold, italic, strike] = match;
    if (reference !== undefined) nodes.push(refer(reference, context));
    else if (fence !== undefined) nodes.push(h("pre", {}, unescaped(fence.replace(/^\n|\n$/g, ""))));
    else if (code !== undefined) nodes.push(h("code", {}, unescaped(code)));
    else if (bold !== undefined) nodes.push(h("strong", {}, inline(bold, context)));
    else if (italic !== undefined) nodes.push(h("em", {}, inline(italic, context)));
    else nodes.push(h("s", {}, inline(strike, context)));
  }
  if (at < text.length) nodes.push(...plain(text.slice(at)));
  return nodes;
}

function refer(reference, context) {
  const [target, label] = reference.split(/\|(.*)/s);
  if (target.startsWith("@")) return mention(target.slice(1), context);
  if (target.startsWith("#")) return channel(target.slice(1), context, label);
  const date = /^!date\^(\d+)\^(.*?)(?:\^(.*))?$/s.exec(target);
  if (date !== null) return dated(Number(date[1]), date[2], label);
  if (target.startsWith("!")) return h("span", { class: "mention" }, `@${target.slice(1)}`);
  return link(target, plain(label || target), context);
}

/** A person's name, marked. */
export function mention(id, context) {
  const user = context.users[id];
  const mine = id === context.me;
  const name = user ? user.profile.display_name || user.real_name : id;
  return h("span", { class: mine ? "mention mine" : "mention" }, `@${name}`);
}

/** A channel's name, marked. */
export function channel(id, context, label) {
  const known = context.channels[id];
  return h("span", { class: "mention" }, `#${known ? known.name : label || id}`);
}

/** A link: what the demo knows stays on the page, everything else opens by itself. */
export function link(url, label, context) {
  if (!/^(https?|mailto|tel):/i.test(url)) return label;
  const props = { href: url, target: "_blank", rel: "noopener noreferrer" };
  return h("a", { ...props, onclick: (event) => context.follow(url) && event.preventDefault() }, label);
}

const shown = (date, options) => date.toLocaleString([], options);

/** A point in time, written as Slack's date format asks. */
export function dated(seconds, format, fallback) {
  const date = new Date(seconds * 1000);
  const time = shown(date, { hour: "2-digit", minute: "2-digit" });
  const near = { 0: "today", 1: "yesterday", "-1": "tomorrow" };
  const midnight = (when) => new Date(when).setHours(0, 0, 0, 0);
  const apart = Math.round((midnight(Date.now()) - midnight(date)) / 86_400_000);
  const text = format.replace(/\{(\w+)\}/g, (whole, token) => {
    if (token === "time") return time;
    if (token === "time_secs") return shown(date, { timeStyle: "medium" });
    if (token === "date_num") return date.toISOString().slice(0, 10);
    if (!token.startsWith("date")) return whole;
    if (token.endsWith("_pretty") && near[apart]) return near[apart];
    const month = token.startsWith("date_short") ? "short" : "long";
    return shown(date, { day: "numeric", month, year: "numeric" });
  });
  const sentence = text.charAt(0).toLowerCase() + text.slice(1);
  return h("time", { datetime: date.toISOString(), title: fallback || shown(date) }, sentence);
}

/** Return what was typed so that this mrkdwn came of it. */
export function typedText(text, context) {
  const words = text.replace(/<([^<>\n]+)>/g, (_, reference) => {
    const [target, label] = reference.split(/\|(.*)/s);
    if (target.startsWith("@")) return `@${context.users[target.slice(1)]?.name || target.slice(1)}`;
    if (target.startsWith("#")) return `#${context.channels[target.slice(1)]?.name || label || target.slice(1)}`;
    return target.startsWith("!") ? `@${target.slice(1)}` : target;
  });
  return unescaped(words);
}
