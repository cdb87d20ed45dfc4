// The app's own place in Slack: its Home, as the app has published it for whoever is played.

import { h } from "../shared/dom.js";
import { renderBlocks } from "./blocks.js";
import { Form } from "./form.js";

export class Home extends Form {
  constructor(context, who) {
    super(context, who);
    this.body = h("div", { class: "home-body", role: "region", "aria-label": "App Home", tabindex: "0" });
    this.node = h("div", { class: "home", hidden: true }, this.body);
    this.empty();
  }

  /** Tell the app that its Home is looked at. */
  open() {
    return this.tell({ do: "open_home" });
  }

  /** Show this view, or that there is none. */
  update(view) {
    if (!view) {
      if (this.view) this.empty();
      this.view = null;
    } else if (this.take(view)) this.fill();
  }

  empty() {
    this.body.replaceChildren(h("p", { class: "log-empty" }, "The app has not put anything here yet."));
  }

  fill() {
    const focus = this.body.contains(document.activeElement) ? document.activeElement : null;
    const { id, dataset } = focus || {};
    const at = this.body.scrollTop;
    const trouble = this.trouble ? h("p", { class: "b-wrong", role: "alert" }, this.trouble) : null;
    this.body.replaceChildren(h("div", { class: "blocks" }, trouble, renderBlocks(this.view.blocks, this.context)));
    this.body.scrollTop = at;
    if (!focus) return;
    const again = id ? document.getElementById(id) : dataset?.use && this.body.querySelector(`[data-use="${CSS.escape(dataset.use)}"]`);
    (again || this.body).focus({ preventScroll: true });
  }
}
