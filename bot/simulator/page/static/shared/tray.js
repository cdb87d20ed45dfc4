// Files that wait beside a text field: chosen, dropped or pasted, shown, taken away, sent.

import { h, size, toast } from "./dom.js";
import { icon, ICONS } from "./icons.js";
import { kindOf } from "./media.js";
import { mostBytes } from "./net.js";

export class Tray {
  /** `changed()` is called whenever files come or go. */
  constructor(changed) {
    this.changed = changed;
    this.files = [];
    this.node = h("ul", { class: "tray", "aria-label": "Files to send", hidden: true });
    this.input = h("input", { type: "file", multiple: true, hidden: true, "aria-hidden": "true", tabindex: "-1" });
    this.input.addEventListener("change", () => {
      this.add(this.input.files);
      this.input.value = "";
    });
    this.button = h("button", { type: "button", class: "style attach", "aria-label": "Attach files", title: "Attach files", onclick: () => this.input.click() },
      icon(ICONS.clip));
  }

  /** Take files in, as far as they fit. */
  add(files) {
    for (const file of files) {
      const together = this.files.reduce((sum, one) => sum + one.size, file.size);
      if (together > mostBytes()) {
        toast(`${file.name} is too large: the demo takes up to ${size(mostBytes())} at a time.`);
        continue;
      }
      if (file.size === 0) {
        toast(`${file.name} is empty.`);
        continue;
      }
      this.files.push(file);
      this.node.append(this.item(file));
    }
    this.refresh();
  }

  item(file) {
    const url = kindOf(file.type) === "image" ? URL.createObjectURL(file) : "";
    const item = h("li", { class: "tray-item" },
      url ? h("img", { src: url, alt: "", onload: () => URL.revokeObjectURL(url) }) : h("span", { class: "media-icon" }, icon(ICONS.sheet)),
      h("span", { class: "tray-name" }, file.name, h("span", {}, size(file.size))),
      h("button", { type: "button", class: "tray-away", "aria-label": `Take ${file.name} away`, onclick: () => this.remove(file, item) }, icon(ICONS.close)),
      h("progress", { class: "tray-progress", max: 1, value: 0, hidden: true, "aria-label": `Sending ${file.name}` }));
    return item;
  }

  remove(file, item) {
    this.files = this.files.filter((one) => one !== file);
    item.remove();
    this.refresh();
  }

  refresh() {
    this.node.hidden = this.files.length === 0;
    this.changed();
  }

  /** Show how much of a file (or of all) has left. */
  progress(part, at = undefined) {
    for (const [index, item] of [...this.node.children].entries()) {
      if (at !== undefined && at !== index) continue;
      const bar = item.querySelector("progress");
      bar.hidden = false;
      bar.value = part;
    }
  }

  /** Forget the first `count` files: they are sent. */
  sent(count) {
    this.files.splice(0, count);
    for (let left = count; left > 0; left -= 1) this.node.firstElementChild.remove();
    this.refresh();
  }

  stopped() {
    for (const bar of this.node.querySelectorAll("progress")) bar.hidden = true;
  }
}

/** Let files be dropped anywhere on `area`, which says so meanwhile. */
export function droppable(area, tray, words) {
  const hint = h("div", { class: "drop-hint", hidden: true, "aria-hidden": "true" }, h("span", {}, words));
  area.append(hint);
  let depth = 0;
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const set = (to) => {
    depth = Math.max(0, to);
    hint.hidden = depth === 0;
  };
  area.addEventListener("dragenter", (event) => carries(event) && set(depth + 1));
  area.addEventListener("dragleave", (event) => carries(event) && set(depth - 1));
  area.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  area.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    set(0);
    tray.add(event.dataTransfer.files);
  });
}
