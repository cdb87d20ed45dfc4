// What somebody of the team does in Slack, with what Slack's own client asks first.

import { ask } from "../shared/dialog.js";
import { h, toast } from "../shared/dom.js";
import { inSlack, upload } from "../shared/net.js";
import { object } from "./blocks.js";

const SILENT = "The app did not answer in time: nothing was done. Is the bridge running?";

export class Acts {
  /** `who()` is the name of whoever is played, `context` what a link does. */
  constructor({ who, channel, context }) {
    this.who = who;
    this.channel = channel;
    this.context = context;
  }

  do(verb, more = {}) {
    return inSlack({ as: this.who(), do: verb, channel: this.channel, ...more });
  }

  /** Do something and say in one sentence if it went wrong. */
  async try(verb, more) {
    try {
      const answer = await this.do(verb, more);
      if (answer.acked === false) toast(SILENT);
    } catch (error) {
      toast(error.message);
    }
  }

  /** Write into the channel, or into a thread; a line that begins with / is a command. */
  async say(text, files, tray, { thread = null, broadcast = false } = {}) {
    const where = thread ? { thread_ts: thread } : {};
    if (files.length) {
      const act = { as: this.who(), do: "upload", channel: this.channel, text, ...where };
      await upload("slack", act, files, (part) => tray.progress(part));
      tray.sent(files.length);
      return;
    }
    const command = /^(\/\w+)\s*([\s\S]*)$/.exec(text);
    if (command === null || (thread && text.startsWith("//"))) {
      await this.do("message", { text, ...where, ...(broadcast ? { broadcast } : {}) });
      return;
    }
    if (command[1] !== "/crisp") throw new Error(`${command[1]} is not a command here; /crisp help lists what there is.`);
    if (thread) throw new Error("Slack has no commands in threads: use /crisp in the channel.");
    await this.do("command", { command: command[1], text: command[2] });
  }

  react(message, name, mine) {
    return this.try(mine ? "unreact" : "react", { ts: message.ts, name });
  }

  shortcut(message, id) {
    return this.try("shortcut", { ts: message.ts, callback_id: id });
  }

  save(message, text) {
    return this.do("edit", { ts: message.ts, text });
  }

  async remove(message, shown) {
    const sure = await ask({
      title: "Delete message",
      body: [h("p", {}, "Are you sure? This cannot be undone."), h("blockquote", {}, shown)],
      yes: "Delete",
      danger: true,
    });
    if (sure) await this.try("delete", { ts: message.ts });
  }

  /** Use a button or a menu of a message. */
  async use({ element, block, value, shown }) {
    if (element.confirm && !(await this.sure(element.confirm))) return;
    if (element.url && this.context.follow(element.url) !== true) window.open(element.url, "_blank", "noopener");
    const ts = shown.closest("[data-ts]").dataset.ts;
    shown.classList.add("busy");
    const press = { ts, action_id: element.action_id, block_id: block.block_id };
    await this.try("press", value === undefined ? press : { ...press, value });
    shown.classList.remove("busy");
  }

  /** Ask the app for the options of what is typed into an external select of a message. */
  async suggest({ element, block, text, shown }) {
    const ts = shown.closest("[data-ts]").dataset.ts;
    const asked = { ts, action_id: element.action_id, block_id: block.block_id, value: text };
    return (await this.do("suggest", asked)).options;
  }

  /** Use a shortcut that is not about a message. */
  anywhere(id) {
    return this.try("global_shortcut", { callback_id: id, channel: undefined });
  }

  sure({ title, text, confirm, deny, style }) {
    return ask({
      title: object(title, this.context),
      body: h("p", {}, object(text, this.context)),
      yes: object(confirm, this.context),
      no: object(deny, this.context),
      danger: style === "danger",
    });
  }
}
