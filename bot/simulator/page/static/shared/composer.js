// A text field that grows, takes files, sends on Enter and keeps what could not be sent.

import { h, toast } from "./dom.js";
import { icon, ICONS } from "./icons.js";
import { Tray } from "./tray.js";

const STYLES = [
  ["bold", "*", "Bold"],
  ["italic", "_", "Italic"],
  ["strike", "~", "Strikethrough"],
  ["code", "`", "Code"],
];
const TALLEST = 160;

export class Composer {
  /**
   * `submit(text, files, progress)` returns a promise; with `styles` there are buttons for Slack's
   * formatting; `typed(text)` hears of every change, `recall()` of ↑ in an empty field.
   */
  constructor({ label, placeholder, submit, styles = false, typed = () => {}, recall = () => {} }) {
    this.submit = submit;
    this.typed = typed;
    this.editing = null;
    this.tray = new Tray(() => this.changed());
    this.field = h("textarea", { rows: 1, "aria-label": label, placeholder, autocomplete: "off" });
    this.button = h(
      "button",
      { class: "send", type: "submit", disabled: true, "aria-label": "Send", title: "Send (Enter)" },
      icon(ICONS.send),
    );
    this.banner = h("div", { class: "composer-banner", hidden: true });
    const tools = h("div", { class: "styles" }, this.tray.button, styles ? STYLES.map((s) => this.styleButton(...s)) : null);
    this.tools = tools;
    this.node = h("form", { class: "composer", onsubmit: (event) => this.send(event) }, this.banner, this.tray.node, this.field,
      h("div", { class: "composer-tools" }, tools, this.button), this.tray.input);
    this.field.addEventListener("input", () => {
      this.changed();
      if (!this.editing) this.typed(this.field.value);
    });
    this.field.addEventListener("keydown", (event) => this.key(event, recall));
    this.field.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length || this.editing) return;
      event.preventDefault();
      this.tray.add(event.clipboardData.files);
    });
  }

  /** Put another button behind those that are there; null is none. */
  addTool(button) {
    if (button) this.tools.append(button);
  }

  key(event, recall) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
    else if (event.key === "Escape" && this.editing) this.endEdit();
    else if (event.key === "ArrowUp" && this.field.value === "" && !this.editing) {
      event.preventDefault();
      recall();
    }
  }

  styleButton(name, mark, label) {
    const wrap = () => {
      const { selectionStart: start, selectionEnd: end, value } = this.field;
      this.field.setRangeText(mark + value.slice(start, end) + mark, start, end, "end");
      if (start === end) this.field.setSelectionRange(start + 1, start + 1);
      this.field.focus();
      this.changed();
    };
    return h("button", { type: "button", class: "style", "aria-label": label, title: label, onclick: wrap },
      icon(ICONS[name]));
  }

  changed() {
    this.button.disabled = this.field.value.trim() === "" && this.tray.files.length === 0;
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, TALLEST)}px`;
  }

  /** Put a text into the field, ready to be sent or changed. */
  fill(text) {
    this.field.value = text;
    this.changed();
    this.field.focus();
  }

  /** Change something that was written: `save(text)` takes the place of submit until it is done. */
  edit(text, save) {
    this.editing = { save, draft: this.editing ? this.editing.draft : this.field.value };
    this.banner.replaceChildren(icon(ICONS.pencil), h("span", {}, "Editing your message"),
      h("button", { type: "button", class: "plain", onclick: () => this.endEdit() }, "Cancel"));
    this.banner.hidden = false;
    this.tray.button.hidden = true;
    this.fill(text);
    this.field.setSelectionRange(text.length, text.length);
  }

  endEdit() {
    if (!this.editing) return;
    const { draft } = this.editing;
    this.editing = null;
    this.banner.hidden = true;
    this.tray.button.hidden = false;
    this.fill(draft);
  }

  async send(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (this.busy || this.button.disabled || (text === "" && this.editing)) return;
    if (this.editing) return this.save(text);
    const files = [...this.tray.files];
    this.field.value = "";
    this.busy = files.length > 0;
    if (this.busy) this.tray.progress(0);
    this.changed();
    try {
      await this.submit(text, files, this.tray);
    } catch (error) {
      toast(error.message);
      if (this.field.value === "") this.fill(text);
    } finally {
      this.busy = false;
      this.tray.stopped();
      this.changed();
    }
  }

  async save(text) {
    const { save } = this.editing;
    try {
      await save(text);
      this.endEdit();
    } catch (error) {
      toast(error.message);
    }
  }
}
