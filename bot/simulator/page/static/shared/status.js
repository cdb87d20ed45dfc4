// The status line, and the switches that break things so that one can see nothing is lost.

import { h, reconcile, toast } from "./dom.js";
import { icon, ICONS } from "./icons.js";
import { get, send } from "./net.js";

const STATES = {
  ready: "Bridge ready",
  starting: "Bridge starting",
  catching_up: "Bridge catching up",
  killed: "Bridge killed",
  died: "Bridge stopped",
  gone: "Demo ended",
};
const POSTS = { on: "chat.postMessage", do: "rate_limit", times: 0, retry_after: 2 };
const SENDS = {
  on: "POST /website/*/conversation/*/message", do: "error_after", times: 0, status: 500, code: "internal_error",
};

export class Status {
  constructor(vitals, faults) {
    this.vitals = vitals;
    this.last = { state: "starting", reason: "" };
    this.dot = h("span", { class: "dot" });
    this.word = h("span", { class: "state-word" });
    this.counts = h("dl", { class: "counts" });
    vitals.append(h("p", { class: "state", role: "status" }, this.dot, this.word), this.counts);
    this.buildFaults(faults);
    this.show();
  }

  buildFaults(root) {
    this.switches = [
      this.fault("slack", POSTS, "Slack rate-limits", "Every post is refused with 429. Messages wait, and come when you switch it off."),
      this.fault("crisp", SENDS, "Crisp fails after acting", "Every reply is sent and then answered with 500. The bridge looks before it sends again: no doubles."),
      this.killSwitch(),
    ];
    const cut = h("button", { type: "button", class: "fault-once", onclick: () => this.cut() }, "Cut");
    const panel = h("div", { class: "faults-panel", id: "faults-panel", hidden: true },
      h("h2", {}, "Break something"),
      h("p", {}, "Then write on both sides, and mend it: nothing is lost, nothing comes twice."),
      this.switches.map((one) => one.node),
      h("div", { class: "fault" }, h("div", {}, h("strong", {}, "Cut Crisp's event socket"),
        h("p", {}, "It reconnects and reads what it missed.")), cut));
    const button = h("button",
      { type: "button", class: "faults-button", "aria-expanded": "false", "aria-controls": "faults-panel" },
      icon(ICONS.bolt), h("span", {}, "Break something"));
    const toggle = (open) => {
      panel.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (open) this.refresh();
    };
    button.addEventListener("click", () => toggle(panel.hidden));
    document.addEventListener("pointerdown", (event) => root.contains(event.target) || toggle(false));
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      toggle(false);
      button.focus();
    });
    root.append(button, panel);
    this.button = button;
  }

  fault(side, rule, name, what) {
    const path = `/${side}/_control/faults`;
    const find = async () => (await get(path)).faults.find((f) => f.on === rule.on && f.do === rule.do);
    const set = async (on) => {
      const there = await find();
      if (on && !there) await send(path, rule);
      if (!on && there) await send(`${path}?id=${there.id}`, {}, "DELETE");
    };
    return this.toggle(name, what, set, async () => Boolean(await find()));
  }

  killSwitch() {
    const set = (on) => send(on ? "/bridge/kill" : "/bridge/start");
    const what = "The process ends on the spot. Switch it off to start it again: it goes on where it was.";
    return this.toggle("kill -9 the bridge", what, set, async () => ["killed", "died"].includes(this.last.state));
  }

  toggle(name, what, set, read) {
    const made = h("button", { type: "button", role: "switch", class: "toggle", "aria-checked": "false", "aria-label": name });
    made.addEventListener("click", async () => {
      const on = made.getAttribute("aria-checked") !== "true";
      made.setAttribute("aria-checked", String(on));
      try {
        await set(on);
      } catch (error) {
        toast(error.message);
      }
      this.mark();
    });
    const node = h("div", { class: "fault" }, h("div", {}, h("strong", {}, name), h("p", {}, what)), made);
    const refresh = async () => {
      try {
        made.setAttribute("aria-checked", String(await read()));
      } catch {
        // the status line says what is wrong
      }
    };
    return { node, made, refresh };
  }

  /** Ask how the switches stand: another page may have used them. */
  async refresh() {
    await Promise.all(this.switches.map((one) => one.refresh()));
    this.mark();
  }

  mark() {
    const on = this.switches.some((one) => one.made.getAttribute("aria-checked") === "true");
    this.button.classList.toggle("on", on);
  }

  async cut() {
    try {
      const { dropped } = await send("/crisp/_control/disconnect");
      toast(dropped ? "Cut. The bridge is reconnecting." : "There was no socket to cut.");
    } catch (error) {
      toast(error.message);
    }
  }

  /** Take in how the bridge is doing. */
  update(told) {
    const turned = told.state !== this.last.state;
    this.last = told;
    this.show();
    if (turned) this.refresh();
  }

  show() {
    const { state, reason } = this.last;
    this.vitals.dataset.state = state;
    if (this.word.textContent !== STATES[state]) this.word.textContent = STATES[state] || state;
    this.vitals.title = reason || "";
    const counts = [
      ["to Slack", this.last.to_slack],
      ["to Crisp", this.last.to_crisp],
      ["waiting", this.last.waiting],
      ["retried", this.last.retried],
    ];
    reconcile(this.counts, counts.map(([name, value]) => ({
      key: name,
      stamp: String(value),
      make: () => h("div", { class: value ? "some" : "" }, h("dt", {}, name), h("dd", {}, String(value ?? "–"))),
    })));
  }
}
