// @slack/bolt in Socket Mode: events, a command, a button, a modal, and a refreshed connection.
import assert from "node:assert/strict";

import bolt from "@slack/bolt";

import { setting, slack as simulator, steps, until } from "./kit.mjs";

const channel = setting("SLACK_CHANNEL");
const app = new bolt.App({
  token: setting("SLACK_BOT_TOKEN"),
  appToken: setting("SLACK_APP_TOKEN"),
  socketMode: true,
  logLevel: "error",
  clientOptions: { slackApiUrl: setting("SLACK_API_URL") },
});
const submitted = [];
const trouble = [];
const plain = (text) => ({ type: "plain_text", text });
const button = { type: "button", action_id: "resolve", value: "v1", text: plain("Resolve") };
const modal = {
  type: "modal", callback_id: "ask", title: plain("Note"), submit: plain("Save"),
  blocks: [{
    type: "input", block_id: "b", label: plain("Note"),
    element: { type: "plain_text_input", action_id: "a" },
  }],
};

app.error(async (error) => trouble.push(error));
app.message("help", async ({ message, say }) => {
  await say({ text: `heard ${message.text}`, thread_ts: message.thread_ts ?? message.ts });
});
app.command("/crisp", async ({ command, ack }) => ack(`You typed ${command.text}`));
app.action("resolve", async ({ action, ack, respond }) => {
  await ack();
  await respond({ text: `Resolved ${action.value}`, replace_original: false });
});
app.shortcut("find", async ({ shortcut, ack, client }) => {
  await ack();
  await client.views.open({ trigger_id: shortcut.trigger_id, view: modal });
});
app.view("ask", async ({ view, ack }) => {
  const { value } = view.state.values.b.a;
  submitted.push(value);
  await (value.length < 3 ? ack({ response_action: "errors", errors: { b: "too short" } }) : ack());
});

const act = (order) => simulator.act({ as: "ana", ...order });
const shown = async (text) => JSON.stringify(await simulator.state()).includes(text);
const openViews = async () => (await simulator.state()).views.U0ANA00001 ?? [];

async function answered(text) {
  const { ts } = await act({ do: "message", text });
  return until(`the answer to ${text}`, async () => {
    const { messages } = await app.client.conversations.replies({ channel, ts });
    return messages.find((one) => one.text === `heard ${text}` && one.bot_id);
  });
}

await steps({
  connected: async () => {
    await app.start();
    assert.equal((await simulator.state()).sockets.length, 1);
  },
  "a message is answered in its thread": async () => {
    const { ts } = await act({ do: "message", text: "a root" });
    await act({ do: "message", text: "help below", thread_ts: ts });
    await until("the answer", async () => {
      const { messages } = await app.client.conversations.replies({ channel, ts });
      return messages.at(-1).text === "heard help below";
    });
    await answered("help me");
  },
  "a command is acknowledged with a text": async () => {
    const { acked } = await act({ do: "command", text: "list mine" });
    assert.equal(acked, true);
    assert.ok(await shown("You typed list mine"));
  },
  "a button is answered over its response_url": async () => {
    const blocks = [{ type: "actions", block_id: "acts", elements: [button] }];
    const { ts } = await app.client.chat.postMessage({ channel, text: "card", blocks });
    const { acked } = await act({ do: "press", action_id: "resolve", ts });
    assert.equal(acked, true);
    await until("the response", () => shown("Resolved v1"));
  },
  "a modal is opened, refused and submitted": async () => {
    await act({ do: "global_shortcut", callback_id: "find" });
    await until("the modal", async () => (await openViews()).length === 1);
    await act({ do: "submit", values: { a: "x" } });
    assert.deepEqual((await openViews())[0].errors, { b: "too short" });
    await act({ do: "submit", values: { a: "long enough" } });
    assert.deepEqual([submitted, await openViews()], [["x", "long enough"], []]);
  },
  "a refreshed and a cut connection come back": async () => {
    for (const how of ["refresh_requested", "abort"]) {
      const { sockets_opened: before } = await simulator.state();
      await simulator.disconnect({ how });
      await until(`a new socket after ${how}`, async () => {
        const { sockets, sockets_opened } = await simulator.state();
        return sockets_opened > before && sockets.some((one) => !one.leaving);
      });
      await answered(`help after ${how}`);
    }
  },
  "nothing is left unacknowledged": async () => {
    await until("all acked", async () => (await simulator.state()).pending.length === 0);
    assert.equal((await simulator.state()).lost, 0);
    assert.deepEqual(trouble, []);
    await app.stop();
  },
});
