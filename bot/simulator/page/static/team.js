// The team's side: the Slack channel with its threads, seen and used by one of the team.

import { Composer } from "./composer.js";
import { day, h, icon, ICONS, reconcile, stickToEnd, toast } from "./dom.js";
import { ms, renderEphemeral, renderMessage, writer } from "./message.js";
import { inSlack, local } from "./net.js";

const TEAM = ["ana", "ben"];
const TRY = ["/crisp list", "/crisp who maya", "/crisp help"];
const GAP = 5 * 60_000;

export class TeamPane {
  /** `follow(url)` tells whether the page itself shows what a link leads to. */
  constructor(root, { channel, follow, opened }) {
    this.channelId = channel;
    this.opened = opened;
    this.as = TEAM[0];
    this.users = {};
    this.messages = [];
    this.ephemerals = {};
    this.dismissed = new Set();
    this.thread = null;
    this.context = { users: {}, channels: {}, me: "", bot: "", follow, use: (what) => this.use(what) };
    this.build(root);
  }

  build(root) {
    this.switch = h("div", { class: "switch", role: "radiogroup", "aria-label": "Act as" });
    this.title = h("h2", {}, "# support");
    this.members = h("span", { class: "members" });
    this.log = h("div", { class: "log", role: "log", "aria-label": "Channel", tabindex: "0" });
    this.threadLog = h("div", { class: "log", role: "log", "aria-label": "Thread", tabindex: "0" });
    this.tries = h("div", { class: "tries" }, h("span", {}, "Try"),
      TRY.map((text) => h("button", { type: "button", onclick: () => this.composer.fill(text) }, text)));
    this.composer = new Composer({
      label: "Message to the channel, or a command",
      placeholder: "Message #support, or /crisp …",
      submit: (text) => this.say(text),
      styles: true,
    });
    this.reply = new Composer({
      label: "Reply in the thread",
      placeholder: "Reply …",
      submit: (text) => this.say(text, this.thread),
      styles: true,
    });
    this.pane = h("aside", { class: "thread", "aria-label": "Thread", hidden: true },
      h("header", { class: "thread-head" },
        h("button", { type: "button", class: "plain back", "aria-label": "Back to the channel", onclick: () => this.close() }, icon(ICONS.back)),
        h("h2", {}, "Thread"), h("span", { class: "thread-where" }, "# support"),
        h("button", { type: "button", class: "plain shut", "aria-label": "Close the thread", onclick: () => this.close() }, icon(ICONS.close))),
      this.threadLog,
      this.reply.node,
      h("p", { class: "rules" }, "Goes to the customer. ", h("code", {}, "note: …"), " is a private note, ",
        h("code", {}, "// …"), " stays in Slack."));
    root.replaceChildren(
      h("header", { class: "team-bar" }, h("strong", {}, "Acme"), h("span", { class: "team-bar-hint" }, "You are"), this.switch),
      h("div", { class: "team-body" },
        h("div", { class: "channel" },
          h("header", { class: "channel-head" }, this.title, this.members),
          this.log, this.tries, this.composer.node),
        this.pane));
  }

  /** Take in people and channels. */
  furnish({ users, channels, bot_user_id: bot }) {
    this.users = users;
    Object.assign(this.context, { users, channels, bot });
    const here = channels[this.channelId];
    const people = here.members.map((id) => users[id]).filter((u) => u && !u.is_bot);
    this.title.textContent = `# ${here.name}`;
    this.members.textContent = `${people.length} members`;
    this.showSwitch();
  }

  /** Take in what the channel holds. */
  update({ channel, ephemerals }) {
    const known = new Set(this.messages.map((m) => m.ts));
    const fresh = channel.messages.filter((m) => m.bot_id && !known.has(m.ts));
    this.messages = channel.messages;
    this.ephemerals = ephemerals;
    if (this.thread !== null && !this.root()) this.thread = null;
    const wide = matchMedia("(min-width: 1100px)").matches;
    if (this.thread === null && fresh.length && wide && !this.closed) this.open(fresh.at(-1).ts);
    else this.show();
  }

  root() {
    return this.messages.find((m) => m.ts === this.thread);
  }

  /** Open a thread. */
  open(ts) {
    if (this.thread !== ts) this.threadLog.replaceChildren();
    this.thread = ts;
    this.closed = false;
    this.show();
    this.threadLog.scrollTop = this.threadLog.scrollHeight;
    if (this.root()) this.opened(this.root());
  }

  close() {
    this.thread = null;
    this.closed = true;
    this.show();
    this.composer.field.focus();
  }

  showSwitch() {
    const me = Object.values(this.users).find((u) => u.name === this.as);
    this.context.me = me ? me.id : "";
    this.switch.replaceChildren(...TEAM.map((name) => {
      const user = Object.values(this.users).find((u) => u.name === name);
      const chosen = name === this.as;
      return h("button",
        { type: "button", role: "radio", "aria-checked": chosen, tabindex: chosen ? 0 : -1,
          onclick: () => this.become(name),
          onkeydown: (event) => /^Arrow/.test(event.key) && this.become(TEAM.find((other) => other !== name), true) },
        h("img", { src: local(user.profile.image_48), alt: "", width: 20, height: 20 }),
        user.real_name.split(" ")[0]);
    }));
  }

  become(name, focus = false) {
    this.as = name;
    this.showSwitch();
    this.show();
    if (focus) this.switch.querySelector("[aria-checked=true]").focus();
  }

  async say(text, thread = undefined) {
    const where = { as: this.as, channel: this.channelId };
    const command = /^(\/\w+)\s*([\s\S]*)$/.exec(text);
    if (command === null || (thread && text.startsWith("//"))) {
      await inSlack({ ...where, do: "message", text, ...(thread ? { thread_ts: thread } : {}) });
      return;
    }
    if (command[1] !== "/crisp") throw new Error(`${command[1]} is not a command here; /crisp help lists what there is.`);
    if (thread) throw new Error("Slack has no commands in threads: use /crisp in the channel.");
    await inSlack({ ...where, do: "command", command: command[1], text: command[2] });
  }

  async use({ element, block, value, shown }) {
    if (element.url && this.context.follow(element.url) !== true) window.open(element.url, "_blank", "noopener");
    const ts = shown.closest("[data-ts]").dataset.ts;
    shown.classList.add("busy");
    try {
      const act = { as: this.as, do: "press", ts, channel: this.channelId, action_id: element.action_id, block_id: block.block_id };
      const answer = await inSlack(value === undefined ? act : { ...act, value });
      if (!answer.acked) toast("The app did not answer in time: nothing was done. Is the bridge running?");
    } catch (error) {
      toast(error.message);
    } finally {
      shown.classList.remove("busy");
    }
  }

  async react(message, name, mine) {
    try {
      await inSlack({ as: this.as, do: mine ? "unreact" : "react", ts: message.ts, name, channel: this.channelId });
    } catch (error) {
      toast(error.message);
    }
  }

  show() {
    stickToEnd(this.log, () => reconcile(this.log, this.rows(this.messages, null)));
    const root = this.root();
    this.pane.hidden = !root;
    this.pane.parentElement.classList.toggle("with-thread", Boolean(root));
    if (!root) return;
    const who = writer(root, this.users).name.split(" ")[0];
    this.reply.field.placeholder = root.bot_id ? `Reply to ${who} …` : "Reply …";
    stickToEnd(this.threadLog, () => reconcile(this.threadLog, this.rows([root, ...root.replies], root.ts)));
  }

  /** Return what a log shows: days, messages, and what this person alone sees, in time's order. */
  rows(messages, thread) {
    const own = (this.ephemerals[this.context.me] || [])
      .filter((e) => (e.thread_ts || null) === thread && !this.dismissed.has(e.ts));
    const all = [...messages.map((m) => ({ m })), ...own.map((m) => ({ m, own: true }))]
      .sort((a, b) => Number(a.m.ts) - Number(b.m.ts));
    const rows = [];
    let before = null;
    let today = "";
    for (const { m, own: mine } of all) {
      if (thread === null && day(ms(m.ts)) !== today) {
        today = day(ms(m.ts));
        rows.push(divider(`day-${today}`, today));
        before = null;
      }
      rows.push(mine ? this.ownRow(m) : this.row(m, before, thread));
      before = mine ? null : m;
      if (m.ts === thread) {
        const count = messages.length - 1;
        rows.push(divider("count", count === 1 ? "1 reply" : count ? `${count} replies` : "No replies yet"));
        before = null;
      }
    }
    if (!rows.length) rows.push(empty());
    return rows;
  }

  row(message, before, thread) {
    const same = before !== null && !message.blocks?.some((b) => b.type === "actions") &&
      writer(before, this.users).name === writer(message, this.users).name && before.user === message.user &&
      Number(message.ts) - Number(before.ts) < GAP / 1000;
    const options = {
      inThread: thread !== null,
      joined: same,
      openThread: (ts) => this.open(ts),
      react: (...what) => this.react(...what),
    };
    const { metadata, ...seen } = message;
    return {
      key: message.ts,
      stamp: JSON.stringify([seen, same, this.context.me, message.ts === this.thread && thread === null]),
      make: () => {
        const made = renderMessage(message, this.context, options);
        made.dataset.ts = message.ts;
        if (message.ts === this.thread && thread === null) made.classList.add("open");
        return made;
      },
    };
  }

  ownRow(message) {
    const dismiss = () => {
      this.dismissed.add(message.ts);
      this.show();
    };
    return {
      key: `own-${message.ts}`,
      stamp: JSON.stringify(message),
      make: () => {
        const made = renderEphemeral(message, this.context, dismiss);
        made.dataset.ts = message.ts;
        return made;
      },
    };
  }
}

const divider = (key, text) => ({
  key,
  stamp: text,
  make: () => h("div", { class: "divider", role: "separator" }, h("span", {}, text)),
});

const empty = () => ({
  key: "empty",
  stamp: "",
  make: () => h("p", { class: "log-empty" }, "Each customer who writes gets a thread here."),
});
