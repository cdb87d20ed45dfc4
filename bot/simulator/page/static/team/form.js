// A view of the app with what is typed into it: a modal or the App Home.

import { inSlack } from "../shared/net.js";

const SILENT = "The app did not answer in time: nothing was done. Is the bridge running?";

export class Form {
  /** `context` knows people and what a link does; `who()` is the name of whoever is played. */
  constructor(context, who) {
    this.around = context;
    this.who = who;
    this.view = null;
    this.values = {};
    this.trouble = "";
  }

  /** Take in a view, or none; tell whether there is anything new to show. */
  take(view) {
    const before = this.view;
    this.view = view;
    if (before?.id !== view?.id) this.values = {};
    const same = before && view && before.id === view.id && before.hash === view.hash;
    if (same && JSON.stringify(before.errors) === JSON.stringify(view.errors)) return false;
    this.trouble = "";
    return before !== view;
  }

  /** What blocks need to be shown and used. */
  get context() {
    const errors = this.view.errors || {};
    const held = this.view.state?.values || {};
    return {
      ...this.around,
      use: (what) => this.use(what),
      suggest: (what) => this.suggest(what),
      form: {
        errors,
        hold: (block, action, value) => {
          this.values[block] = { ...this.values[block], [action]: value };
        },
        held: (block, action) => {
          const typed = this.values[block];
          return typed && action in typed ? typed[action] : content(held[block]?.[action]);
        },
      },
    };
  }

  /** Return what was typed into inputs that are still there. */
  typed() {
    const there = {};
    for (const block of this.view.blocks) {
      const inside = [block.element, block.accessory, ...(block.elements || [])].filter((one) => one?.action_id);
      for (const { action_id: action } of inside) {
        const typed = this.values[block.block_id];
        if (typed && action in typed) there[block.block_id] = { ...there[block.block_id], [action]: typed[action] };
      }
    }
    return there;
  }

  /** Use a button, a menu or an input that tells the app at once. */
  async use({ element, block, value, shown }) {
    if (element.confirm && !(await this.around.sure(element.confirm))) return;
    if (element.url && this.around.follow(element.url) === true) this.left();
    else if (element.url) window.open(element.url, "_blank", "noopener");
    shown.classList.add("busy");
    const press = { do: "press", view_id: this.view.id, action_id: element.action_id, block_id: block.block_id, values: this.typed() };
    await this.tell(value === undefined ? press : { ...press, value });
    shown.classList.remove("busy");
  }

  /** Ask the app for the options of what is typed into an external select. */
  async suggest({ element, block, text }) {
    const asked = { do: "suggest", view_id: this.view.id, action_id: element.action_id, block_id: block.block_id, value: text };
    return (await inSlack({ as: this.who(), ...asked })).options;
  }

  /** Do something; what went wrong is said in the view. */
  async tell(act) {
    try {
      const answer = await inSlack({ as: this.who(), ...act });
      if (answer.acked === false && act.do !== "submit") this.complain(SILENT);
      return answer;
    } catch (error) {
      this.complain(error.message);
      return null;
    }
  }

  complain(sentence) {
    this.trouble = sentence;
    if (this.view) this.fill();
  }

  /** A link has led somewhere else on the page. */
  left() {}
}

/** Return what an input holds, as controls take it. */
function content(held) {
  if (!held) return undefined;
  const { type: _, ...rest } = held;
  const one = Object.values(rest)[0];
  if (one === null || one === undefined) return undefined;
  if (Array.isArray(one)) return one.map((option) => option.value ?? option);
  return one.text ? (held.type === "external_select" ? one : one.value) : one;
}
