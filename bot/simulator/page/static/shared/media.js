// Files as both sides show them: a picture, a player, or a card to download.

import { enlarge } from "./dialog.js";
import { h, size } from "./dom.js";
import { icon, ICONS } from "./icons.js";

const COLOURS = { pdf: "red", zip: "amber", gz: "amber", csv: "green", xlsx: "green", doc: "blue", docx: "blue" };

/** Return image, audio, video or file. */
export function kindOf(type) {
  const kind = String(type || "").split("/")[0];
  return ["image", "audio", "video"].includes(kind) ? kind : "file";
}

/** Make what shows a file {url, name, type, bytes, duration}; without a url only its card. */
export function media(file) {
  const kind = file.url ? kindOf(file.type) : "file";
  if (kind === "image") return picture(file);
  if (kind === "audio") return player("audio", file);
  if (kind === "video") return player("video", file);
  return card(file);
}

function picture(file) {
  const shown = h("img", { src: file.url, alt: file.name || "Picture" });
  const made = h("figure", { class: "media" },
    h("button", { type: "button", class: "media-picture", "aria-label": `Enlarge ${file.name || "picture"}`, onclick: () => enlarge(file) }, shown));
  shown.addEventListener("error", () => made.replaceWith(card(file)));
  return made;
}

function player(tag, file) {
  const props = { class: `media-${tag}`, src: file.url, controls: true, preload: "metadata", "aria-label": file.name || tag };
  return h("figure", { class: "media" }, h(tag, props), h("figcaption", {}, about(file), download(file)));
}

function card(file) {
  const ending = extension(file.name);
  const body = [
    h("span", { class: `media-icon ${COLOURS[ending] || ""}` }, icon(ICONS.sheet)),
    h("span", { class: "media-words" }, h("span", { class: "media-name" }, file.name || "File"),
      h("span", { class: "media-about" }, [ending.toUpperCase(), size(file.bytes), file.why].filter(Boolean).join(" · "))),
  ];
  if (file.elsewhere) return h("a", { class: "media-card", href: file.elsewhere, target: "_blank", rel: "noopener noreferrer" }, body);
  if (!file.url) return h("div", { class: "media-card" }, body);
  return h("a", { class: "media-card", href: file.url, download: file.name || "file", "aria-label": `Download ${file.name || "file"}` },
    body, icon(ICONS.download, "icon media-get"));
}

const about = (file) =>
  h("span", {}, [file.name, file.duration && clockOf(file.duration), size(file.bytes)].filter(Boolean).join(" · "));

const download = (file) =>
  h("a", { href: file.url, download: file.name || "file", "aria-label": `Download ${file.name || "file"}` }, icon(ICONS.download));

const extension = (name) => (/\.([a-z0-9]{1,5})$/i.exec(name || "") || ["", ""])[1].toLowerCase();

const clockOf = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;
