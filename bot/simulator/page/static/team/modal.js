// The app's modals: the topmost one of whoever is played.

import { h, toast } from "../shared/dom.js";
import { show } from "../shared/dialog.js";
import { icon, ICONS } from "../shared/icons.js";
import { inSlack } from "../shared/net.js";
import { object, renderBlocks } from "./blocks.js";

export class Modal {
  /** `context` knows people and what a link does; `who()` is the name of whoever is played. */
  constructor(context, who) {
    this.context = context;
    this.who = who;
    this.dialog = null;
    this.view = null;
    this.values = {};
  }

  /** Show this view, or none. */
  update(view) {
    if (!view) return this.end();
    const same = this.view !== null && this.view.id === view.id && this.view.hash === view.hash;
    if (same && JSON.stringify(this.view.errors) === JSON.stringify(view.errors)) return;
    if (this.view === null || this.view.id !== view.id) this.values = {};
    this.view = view;
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

  fill() {
    const { title, submit, close, blocks, errors } = this.view;
    const context = { ...this.context, use: (what) => this.use(what), form: this.form(errors || {}) };
    this.send = submit ? h("button", { type: "submit", class: "b-button primary" }, object(submit, context)) : null;
    const form = h("form", { class: "modal-form", onsubmit: (event) => this.submit(event) },
      h("header", { class: "modal-head" }, h("h2", { id: "modal-title" }, object(title, context)),
        h("button", { type: "button", class: "plain", "aria-label": "Close the dialog", onclick: () => this.close() }, icon(ICONS.close))),
      h("div", { class: "modal-body blocks" }, errors && errors[""] ? h("p", { class: "b-wrong", role: "alert" }, errors[""]) : null,
        renderBlocks(blocks, context)),
      h("footer", { class: "modal-foot" },
        h("button", { type: "button", class: "b-button", onclick: () => this.close() }, close ? object(close, context) : submit ? "Cancel" : "Close"), this.send));
    const focus = this.dialog.contains(document.activeElement) ? document.activeElement.id : "";
    this.dialog.replaceChildren(form);
    const wanted = (focus && document.getElementById(focus)) || form.querySelector(".modal-body :is(input, textarea, select)") || form.querySelector(".modal-foot button:last-child");
    wanted.focus();
  }

  form(errors) {
    return {
      errors,
      hold: (block, action, value) => {
        this.values[block] = { ...this.values[block], [action]: value };
      },
      held: (block, action) => this.values[block]?.[action],
    };
  }

  async submit(event) {
    event.preventDefault();
    await this.tell({ do: "submit", view_id: this.view.id, values: this.values });
  }

  async close() {
    await this.tell({ do: "close", view_id: this.view.id });
    this.end();
  }

  async use({ element, block, value, shown }) {
    if (element.url) window.open(element.url, "_blank", "noopener");
    shown.classList.add("busy");
    const press = { do: "press", view_id: this.view.id, action_id: element.action_id, block_id: block.block_id };
    await this.tell(value === undefined ? press : { ...press, value });
    shown.classList.remove("busy");
  }

  async tell(act) {
    try {
      const answer = await inSlack({ as: this.who(), ...act });
      if (answer.acked === false) toast("The app did not answer in time: nothing was done. Is the bridge running?");
    } catch (error) {
      toast(error.message);
    }
  }
}
