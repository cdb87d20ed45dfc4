// The team's side: the Slack channel with its threads, seen and used by one of the team.

import { Composer } from "../shared/composer.js";
import { h, reconcile, stickToEnd, walkable } from "../shared/dom.js";
import { icon, ICONS } from "../shared/icons.js";
import { openMenu } from "../shared/menu.js";
import { local } from "../shared/net.js";
import { droppable } from "../shared/tray.js";
import { Acts } from "./acts.js";
import { Home } from "./home.js";
import { Log } from "./log.js";
import { writer } from "./message.js";
import { Modal } from "./modal.js";

const TEAM = ["ana", "ben"];
const PLACES = { channel: "Channel", home: "App Home" };
const TRY = ["/crisp list", "/crisp who maya", "/crisp help"];

export class TeamPane {
  /** `follow(url)` tells whether the page itself shows what a link leads to. */
  constructor(root, { channel, shortcuts, anywhere, follow, opened }) {
    this.channelId = channel;
    this.opened = opened;
    this.as = TEAM[0];
    this.users = {};
    this.messages = [];
    this.broadcasts = [];
    this.ephemerals = {};
    this.views = {};
    this.thread = null;
    this.homes = {};
    this.place = "channel";
    this.context = {
      users: {}, channels: {}, me: "", bot: "", shortcuts, anywhere, follow,
      use: (what) => this.acts.use(what), suggest: (what) => this.acts.suggest(what), sure: (confirm) => this.acts.sure(confirm),
    };
    this.acts = new Acts({ who: () => this.as, channel, context: this.context });
    const parts = { context: this.context, acts: this.acts, openThread: (ts) => this.open(ts), openTs: () => this.thread, refresh: () => this.show() };
    this.channelRows = new Log({ ...parts, inThread: false });
    this.threadRows = new Log({ ...parts, inThread: true });
    this.modal = new Modal(this.context, () => this.as);
    this.home = new Home(this.context, () => this.as);
    this.build(root);
  }

  build(root) {
    this.switch = h("div", { class: "switch", role: "radiogroup", "aria-label": "Act as" });
    this.title = h("h2", {}, "# support");
    this.members = h("span", { class: "members" });
    this.log = h("div", { class: "log", role: "log", "aria-label": "Channel", tabindex: "0" });
    this.threadLog = h("div", { class: "log", role: "log", "aria-label": "Thread", tabindex: "0" });
    for (const log of [this.log, this.threadLog]) walkable(log, "article.msg");
    const tries = h("div", { class: "tries" }, h("span", {}, "Try"),
      TRY.map((text) => h("button", { type: "button", onclick: () => this.composer.fill(text) }, text)));
    this.composer = new Composer({
      label: "Message to the channel, or a command",
      placeholder: "Message #support, or /crisp …",
      submit: (text, files, tray) => this.acts.say(text, files, tray),
      recall: () => this.channelRows.recall(this.messages),
      styles: true,
    });
    this.composer.addTool(this.buildAnywhere());
    this.reply = new Composer({
      label: "Reply in the thread",
      placeholder: "Reply …",
      submit: (text, files, tray) => this.sendReply(text, files, tray),
      recall: () => this.threadRows.recall(this.root()?.replies || []),
      styles: true,
    });
    this.channel = h("div", { class: "channel" },
      h("header", { class: "channel-head" }, this.title, this.members),
      this.log, tries, this.composer.node);
    this.pane = this.buildThread();
    droppable(this.channel, this.composer.tray, "Drop files to share them in #support");
    droppable(this.pane, this.reply.tray, "Drop files to send them to the customer");
    root.replaceChildren(
      h("header", { class: "team-bar" }, h("strong", {}, "Acme"), this.buildPlaces(), h("span", { class: "team-bar-hint" }, "You are"), this.switch),
      h("div", { class: "team-body" }, this.channel, this.pane, this.home.node));
  }

  /** Make the tabs between the channel and the app's Home. */
  buildPlaces() {
    this.places = Object.keys(PLACES).map((place) => h("button", {
      type: "button", role: "tab", "aria-label": PLACES[place], "data-place": place, onclick: () => this.go(place),
      onkeydown: (event) => /^Arrow(Left|Right)$/.test(event.key) && this.go(place === "home" ? "channel" : "home", true),
    }, place === "home" ? [h("img", { src: "/static/icon.svg", alt: "", width: 18, height: 18 }), h("span", {}, "App")] : "# support"));
    const made = h("div", { class: "places", role: "tablist", "aria-label": "In Slack" }, this.places);
    this.markPlace();
    return made;
  }

  /** Show the channel, or the app's Home, which the app hears of. */
  go(place, focus = false) {
    this.place = place;
    this.markPlace();
    this.channel.hidden = place !== "channel";
    this.home.node.hidden = place !== "home";
    this.show();
    if (place === "home") this.home.open();
    if (focus) this.places.find((tab) => tab.dataset.place === place).focus();
  }

  markPlace() {
    for (const tab of this.places) {
      const chosen = tab.dataset.place === this.place;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
  }

  /** Make the button with the app's shortcuts that are not about a message. */
  buildAnywhere() {
    const { anywhere } = this.context;
    if (!anywhere.length) return null;
    const made = h("button", { type: "button", class: "style", "aria-label": "Shortcuts", "aria-haspopup": "menu", title: "Shortcuts" }, icon(ICONS.bolt));
    made.addEventListener("click", () => openMenu(made, [this.users[this.context.bot]?.real_name || "App",
      ...anywhere.map(({ name, callback_id: id }) => ({ label: name, run: () => this.acts.anywhere(id) }))]));
    return made;
  }

  async sendReply(text, files, tray) {
    await this.acts.say(text, files, tray, { thread: this.thread, broadcast: this.also.checked });
    this.also.checked = false;
  }

  buildThread() {
    this.also = h("input", { type: "checkbox" });
    this.reply.button.before(h("label", { class: "also" }, this.also, h("span", {}, "Also send to #support")));
    this.typing = h("p", { class: "rules typing", hidden: true });
    this.rules = h("p", { class: "rules" }, "Goes to the customer. ", h("code", {}, "note: …"), " is a private note, ",
      h("code", {}, "// …"), " stays in Slack.");
    return h("aside", { class: "thread", "aria-label": "Thread", hidden: true },
      h("header", { class: "thread-head" },
        h("button", { type: "button", class: "plain back", "aria-label": "Back to the channel", onclick: () => this.close() }, icon(ICONS.back)),
        h("h2", {}, "Thread"), h("span", { class: "thread-where" }, "# support"),
        h("button", { type: "button", class: "plain shut", "aria-label": "Close the thread", onclick: () => this.close() }, icon(ICONS.close))),
      this.threadLog,
      this.reply.node,
      this.rules,
      this.typing);
  }

  /** Take in people, channels and what is open on their screens. */
  furnish({ users, channels, bot_user_id: bot, views, homes }) {
    users[bot].face = "/static/icon.svg";
    Object.assign(this, { users, views, homes });
    Object.assign(this.context, { users, channels, bot });
    const here = channels[this.channelId];
    const people = here.members.map((id) => users[id]).filter((u) => u && !u.is_bot);
    this.title.textContent = `# ${here.name}`;
    this.members.textContent = `${people.length} members`;
    this.places[1].lastChild.textContent = users[bot].real_name;
    this.showSwitch();
    this.showViews();
  }

  /** Show what the app has opened for whoever is played, and their Home. */
  showViews() {
    this.modal.update((this.views[this.context.me] || []).at(-1));
    this.home.update(this.homes[this.context.me]);
  }

  /** Take in what the channel holds. */
  update({ channel, ephemerals }) {
    this.broadcasts = channel.broadcasts;
    const known = new Set(this.messages.map((m) => m.ts));
    const fresh = channel.messages.filter((m) => m.bot_id && !known.has(m.ts));
    this.messages = channel.messages;
    this.ephemerals = ephemerals;
    if (this.thread !== null && !this.root()) this.thread = null;
    const wide = matchMedia("(min-width: 1100px)").matches;
    if (this.thread === null && fresh.length && wide && !this.closed && this.place === "channel") this.open(fresh.at(-1).ts);
    else this.show();
  }

  /** Say below the thread that its customer is typing; "" that nobody is. */
  showTyping(name) {
    this.typing.textContent = name ? `${name.split(" ")[0]} is typing …` : "";
    this.typing.hidden = !name;
    this.rules.hidden = Boolean(name);
  }

  root() { return this.messages.find((m) => m.ts === this.thread); }

  /** Open a thread. */
  open(ts) {
    if (this.thread !== ts) {
      this.threadLog.replaceChildren();
      this.threadRows.editing = null;
    }
    this.thread = ts;
    this.closed = false;
    if (this.place === "home") this.go("channel");
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
    this.channelRows.editing = this.threadRows.editing = null;
    this.showSwitch();
    this.show();
    this.showViews();
    if (this.place === "home") this.home.open();
    if (focus) this.switch.querySelector("[aria-checked=true]").focus();
  }

  /** Replies that were sent to the channel too. */
  alsoHere() {
    const shown = new Set(this.broadcasts);
    return this.messages.flatMap((root) => root.replies).filter((reply) => shown.has(reply.ts));
  }

  show() {
    const own = (thread) => (this.ephemerals[this.context.me] || []).filter((e) => (e.thread_ts || null) === thread);
    stickToEnd(this.log, () => reconcile(this.log, this.channelRows.rows([...this.messages, ...this.alsoHere()], own(null))));
    const root = this.root();
    const beside = Boolean(root) && this.place === "channel";
    this.pane.hidden = !beside;
    this.pane.parentElement.classList.toggle("with-thread", beside);
    if (!root) return;
    const who = writer(root, this.users).name.split(" ")[0];
    this.reply.field.placeholder = root.bot_id ? `Reply to ${who} …` : "Reply …";
    stickToEnd(this.threadLog, () => reconcile(this.threadLog, this.threadRows.rows([root, ...root.replies], own(root.ts))));
  }
}
