// Puts the page together: news come in, both sides are asked again, and what belongs together is
// shown together.

import { CustomerPane } from "./customer/pane.js";
import { coalesced, follow, get, setStage } from "./shared/net.js";
import { Status } from "./shared/status.js";
import { TeamPane } from "./team/pane.js";

const byId = (id) => document.getElementById(id);
const stage = await setStage();
const sessions = new Map();
let roots = [];

const status = new Status(byId("vitals"), byId("faults"));
const customer = new CustomerPane(byId("customer"), { people: stage.people, choose: openThreadOf });
const team = new TeamPane(byId("team"), {
  channel: stage.channel, shortcuts: stage.shortcuts, anywhere: stage.global_shortcuts, follow: followLink, opened: chooseCustomerOf,
});

// What belongs together: a thread's root names its conversation somewhere in its blocks.

const sessionIn = (text) => [...sessions.keys()].find((id) => text.includes(id));
const rootOf = (session) => roots.find((root) => JSON.stringify(root.blocks || []).includes(session));

function openThreadOf(session) {
  const root = rootOf(session);
  if (root && team.thread !== root.ts && !team.pane.hidden) team.open(root.ts);
}

function chooseCustomerOf(root) {
  const session = sessionIn(JSON.stringify(root.blocks || []));
  if (session) customer.select(session);
  showTyping();
}

/** Show on this page what a link leads to, if it can; tell whether it could. */
function followLink(url) {
  const session = url.includes("crisp.chat/") ? sessionIn(url) : undefined;
  if (session) {
    customer.select(session);
    showSide("customer");
    customer.widget.classList.remove("flash");
    requestAnimationFrame(() => customer.widget.classList.add("flash"));
    return true;
  }
  const permalink = /\/archives\/[A-Z0-9]+\/p(\d+)(\d{6})(?:\?thread_ts=([\d.]+))?/.exec(url);
  const root = permalink && roots.find((one) => one.ts === (permalink[3] || `${permalink[1]}.${permalink[2]}`));
  if (root) team.open(root.ts);
  return Boolean(root);
}

// News

const askSlack = coalesced(async () => {
  const state = await get(`/slack/_control/state?channel=${stage.channel}`);
  roots = state.channel.messages;
  team.update(state);
  noteNews("team");
});

const askPeople = coalesced(async () => {
  team.furnish(await get("/slack/_control/state"));
  await askSlack();
});

const askCrisp = coalesced(async () => {
  const state = await get("/crisp/_control/state");
  sessions.clear();
  for (const one of state.conversations) sessions.set(one.session_id, one);
  customer.update([...sessions.values()]);
  noteNews("customer");
});

const stale = new Set();

const askSessions = coalesced(async () => {
  for (const id of [...stale]) {
    stale.delete(id);
    sessions.set(id, await get(`/crisp/_control/state?session_id=${encodeURIComponent(id)}`));
  }
  customer.update([...sessions.values()]);
  noteNews("customer");
});

const typing = new Map();

/** A customer's keys: Slack has no place for them, so the page says it below the thread. */
function noteTyping({ session_id: session, type }) {
  clearTimeout(typing.get(session));
  typing.delete(session);
  if (type === "start") typing.set(session, setTimeout(() => noteTyping({ session_id: session }), 6000));
  showTyping();
}

function showTyping() {
  const session = [...typing.keys()].find((id) => rootOf(id)?.ts === team.thread);
  team.showTyping(session ? sessions.get(session).meta.nickname : "");
}

function onCrisp({ event, data }) {
  if (event === "session:removed") return askCrisp();
  if (!data.session_id) return;
  customer.hear(event, data);
  if (event === "message:compose:send") return noteTyping(data);
  if (event === "message:send") noteTyping({ session_id: data.session_id });
  if (event === "message:compose:receive") return;
  stale.add(data.session_id);
  askSessions();
}

function onNews({ from, what, again }) {
  if (from === "bridge") status.update(what);
  else if (from === "slack") again || ["user", "view"].includes(what.type) ? askPeople() : askSlack();
  else if (again) askCrisp();
  else onCrisp(what);
}

// Narrow screens: one side at a time

const tabs = { customer: byId("tab-customer"), team: byId("tab-team") };

function showSide(side) {
  document.body.dataset.view = side;
  for (const [name, tab] of Object.entries(tabs)) {
    tab.setAttribute("aria-selected", String(name === side));
    tab.tabIndex = name === side ? 0 : -1;
  }
  tabs[side].classList.remove("news");
  if (side === "customer") customer.show();
}

function noteNews(side) {
  if (document.body.dataset.view !== side) tabs[side].classList.add("news");
}

for (const [name, tab] of Object.entries(tabs)) {
  tab.addEventListener("click", () => showSide(name));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = name === "customer" ? "team" : "customer";
    showSide(other);
    tabs[other].focus();
  });
}
document.addEventListener("visibilitychange", () => customer.show());

await Promise.all([askPeople(), askCrisp()]);
for (const tab of Object.values(tabs)) tab.classList.remove("news");
follow(onNews, () => status.update({ state: "gone", reason: "The demo's server is not reachable." }));
document.body.dataset.ready = "true";
