// Emoji: the names under which Slack knows them, and pictures of the most used ones, because not
// every machine has a font with them.

import { h } from "./dom.js";

const NAMES = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", eyes: "👀", tada: "🎉", heart: "❤️",
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", no_entry: "⛔",
  no_entry_sign: "🚫", raised_hand: "✋", wave: "👋", pray: "🙏", clap: "👏", raised_hands: "🙌", ok_hand: "👌",
  muscle: "💪", point_right: "👉", smile: "😄", smiley: "😃", grinning: "😀", grin: "😁", joy: "😂",
  slightly_smiling_face: "🙂", wink: "😉", blush: "😊", sweat_smile: "😅", thinking_face: "🤔",
  sob: "😭", cry: "😢", disappointed: "😞", confused: "😕", heart_eyes: "😍", sunglasses: "😎",
  upside_down_face: "🙃", rocket: "🚀", fire: "🔥", sparkles: "✨", star: "⭐", bulb: "💡", bug: "🐛",
  lock: "🔒", unlock: "🔓", key: "🔑", mailbox_with_mail: "📬", mailbox: "📫", email: "✉️",
  envelope: "✉️", incoming_envelope: "📨", inbox_tray: "📥", outbox_tray: "📤", telephone_receiver: "📞",
  office: "🏢", page_facing_up: "📄", round_pushpin: "📍", pushpin: "📌", computer: "💻",
  label: "🏷️", paperclip: "📎", link: "🔗", memo: "📝", pencil2: "✏️", speech_balloon: "💬",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", alarm_clock: "⏰", bell: "🔔", mag: "🔍",
  large_blue_circle: "🔵", large_orange_circle: "🟠", large_orange_diamond: "🔶", red_circle: "🔴",
  large_green_circle: "🟢", white_circle: "⚪", information_source: "ℹ️", question: "❓",
  zzz: "💤", bust_in_silhouette: "👤", busts_in_silhouette: "👥", no_bell: "🔕", gear: "⚙️", bar_chart: "📊",
  calendar: "📅", wastebasket: "🗑️", large_yellow_circle: "🟡", large_purple_circle: "🟣", large_brown_circle: "🟤", arrow_up: "⬆️", arrow_down: "⬇️",
  exclamation: "❗", heavy_plus_sign: "➕", arrow_right: "➡️", arrow_left: "⬅️", repeat: "🔁",
  arrows_counterclockwise: "🔄", robot_face: "🤖", ghost: "👻", coffee: "☕", 100: "💯",
};

/** Return the picture of a name; an element of rich_text may bring its code points itself. */
export function emoji(name, unicode = "") {
  if (unicode) {
    try {
      return String.fromCodePoint(...unicode.split("-").map((code) => parseInt(code, 16)));
    } catch {
      // not code points: the name will do
    }
  }
  return NAMES[String(name).split("::")[0]] || `:${name}:`;
}

/** Replace every :name: that is known. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => NAMES[name] || whole);
}

const DRAWN = [..."🌐🎞🎬🏞🏠🔊🔘🖼🗣💼⏰⚙⚪⬆⬇⭐✍🎉🎤👤👥💤📅📊📝🔍🔔🔕🗑🟡🟣🟤🏢🏷👀👋👍👎💡💬💻📄📍📎📞📬🔒🔗🔥🔴🔵😀😂😄😅😉😊😍😢🙂🙌🙏🚀🚫🟠🟢🤔🤖ℹ⏳⚠✅✉✋✏❌❤"];
const PICTURE = new RegExp(`(${DRAWN.join("|")})\\ufe0f?`, "gu");

/** Split a text into strings and pictures of the emoji in it. */
export function pictured(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(PICTURE)) {
    if (match.index > at) nodes.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const src = `/static/emoji/${match[1].codePointAt(0).toString(16)}.svg`;
    nodes.push(h("img", { class: "emoji", src, alt: match[0], draggable: "false" }));
  }
  if (at < text.length) nodes.push(text.slice(at));
  return nodes;
}
