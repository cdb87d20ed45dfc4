// A text field that grows, sends on Enter and keeps what could not be sent.

import { h, icon, ICONS, toast } from "./dom.js";

const STYLES = [
  ["bold", "*", "Bold"],
  ["italic", "_", "Italic"],
  ["strike", "~", "Strikethrough"],
  ["code", "`", "Code"],
];

export class Composer {
  /** `submit(text)` returns a promise; with `styles` there are buttons for Slack's formatting. */
  constructor({ label, placeholder, submit, styles = false }) {
    this.submit = submit;
    this.field = h("textarea", { rows: 1, "aria-label": label, placeholder, autocomplete: "off" });
    this.button = h(
      "button",
      { class: "send", type: "submit", disabled: true, "aria-label": "Send", title: "Send (Enter)" },
      icon(ICONS.send),
    );
    const tools = styles ? h("div", { class: "styles" }, STYLES.map((s) => this.styleButton(...s))) : null;
    this.node = h("form", { class: "composer", onsubmit: (event) => this.send(event) }, this.field,
      h("div", { class: "composer-tools" }, tools, this.button));
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
    });
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
    this.button.disabled = this.field.value.trim() === "";
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 160)}px`;
  }

  /** Put a text into the field, ready to be sent or changed. */
  fill(text) {
    this.field.value = text;
    this.changed();
    this.field.focus();
  }

  async send(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (text === "") return;
    this.field.value = "";
    this.changed();
    try {
      await this.submit(text);
    } catch (error) {
      toast(error.message);
      if (this.field.value === "") this.fill(text);
    }
  }
}
