// The app's modals: the topmost one of whoever is played.

import { h } from "../shared/dom.js";
import { show } from "../shared/dialog.js";
import { icon, ICONS } from "../shared/icons.js";
import { object, renderBlocks } from "./blocks.js";
import { Form } from "./form.js";

export class Modal extends Form {
  constructor(context, who) {
    super(context, who);
    this.dialog = null;
  }

  /** Show this view, or none. */
  update(view) {
    if (!view) return this.end();
    if (!this.take(view)) return;
    if (this.dialog === null) this.open();
    this.fill();
  }

  open() {
    this.dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title" });
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    show(this.dialog);
  }

  end() {
    if (this.dialog) this.dialog.close();
    this.dialog = this.view = null;
  }

  left() {
    this.close(true);
  }

  fill() {
    const { title, submit, close, blocks, errors, previous_view_id: below } = this.view;
    const context = this.context;
    const trouble = this.trouble || errors?.[""];
    const send = submit ? h("button", { type: "submit", class: "b-button primary" }, object(submit, context)) : null;
    const form = h("form", { class: "modal-form", onsubmit: (event) => this.submit(event, send) },
      h("header", { class: "modal-head" },
        below ? h("button", { type: "button", class: "plain", "aria-label": "Back", onclick: () => this.close() }, icon(ICONS.back)) : null,
        h("h2", { id: "modal-title" }, object(title, context)),
        h("button", { type: "button", class: "plain", "aria-label": "Close the dialog", onclick: () => this.close() }, icon(ICONS.close))),
      h("div", { class: "modal-body blocks" }, trouble ? h("p", { class: "b-wrong", role: "alert" }, trouble) : null, renderBlocks(blocks, context)),
      h("footer", { class: "modal-foot" },
        h("button", { type: "button", class: "b-button", onclick: () => this.close() }, close ? object(close, context) : submit ? "Cancel" : "Close"), send));
    const focus = this.dialog.contains(document.activeElement) ? document.activeElement.id : "";
    const at = this.dialog.querySelector(".modal-body")?.scrollTop || 0;
    this.dialog.replaceChildren(form);
    form.querySelector(".modal-body").scrollTop = at;
    this.focus(form, focus);
  }

  focus(form, before) {
    const wrong = form.querySelector(".b-input.wrong :is(input, textarea, select)");
    const asked = form.querySelector("[data-focus]") || form.querySelector(".modal-body .b-input :is(input, textarea, select)");
    const any = form.querySelector(".modal-body :is(input, textarea, select)") || form.querySelector(".modal-foot button:last-child");
    (wrong || (before && document.getElementById(before)) || asked || any).focus({ preventScroll: !wrong });
  }

  async submit(event, send) {
    event.preventDefault();
    send.classList.add("busy");
    send.setAttribute("aria-busy", "true");
    await this.tell({ do: "submit", view_id: this.view.id, values: this.typed() });
    send.classList.remove("busy");
    send.removeAttribute("aria-busy");
  }

  async close(everything = false) {
    const { id } = this.view;
    if (everything) return this.tell({ do: "close", view_id: id, everything });
    if (!this.view.previous_view_id) this.end();
    await this.tell({ do: "close", view_id: id });
  }
}
