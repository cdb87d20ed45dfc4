// @slack/web-api: posts, threads, metadata, files, reactions, people, and a 429 waited for.
import assert from "node:assert/strict";

import { WebClient } from "@slack/web-api";

import { setting, slack as simulator, steps, until } from "./kit.mjs";

const channel = setting("SLACK_CHANNEL");
const options = { slackApiUrl: setting("SLACK_API_URL"), logLevel: "error" };
const client = new WebClient(setting("SLACK_BOT_TOKEN"), options);
const metadata = { event_type: "node_test", event_payload: { key: "k1" } };
const blocks = [{ type: "section", text: { type: "mrkdwn", text: "*Hello* 👋" } }];
let root;

async function thread(more = {}) {
  return (await client.conversations.replies({ channel, ts: root, ...more })).messages;
}

await steps({
  "who am I": async () => {
    const me = await client.auth.test();
    assert.deepEqual([me.user_id, me.bot_id], ["U0BRIDGE01", "B0BRIDGE01"]);
    assert.ok(me.response_metadata.scopes.includes("chat:write"));
  },
  "a post with blocks and metadata": async () => {
    const posted = await client.chat.postMessage({
      channel, text: "Hello", blocks, metadata, username: "Zoë", icon_url: "https://acme.test/z.png",
    });
    root = posted.ts;
    assert.equal(posted.message.username, "Zoë");
    const { permalink } = await client.chat.getPermalink({ channel, message_ts: root });
    assert.ok(permalink.endsWith(`/${channel}/p${root.replace(".", "")}`));
  },
  "a thread, with metadata where asked for": async () => {
    await client.chat.postMessage({ channel, thread_ts: root, text: "below" });
    const [first, second] = await thread({ include_all_metadata: true });
    assert.deepEqual(first.metadata, metadata);
    assert.equal(first.blocks[0].text.text, blocks[0].text.text);
    assert.deepEqual([second.text, second.thread_ts], ["below", root]);
    assert.equal((await thread())[0].metadata?.event_payload, undefined);
  },
  "page by page": async () => {
    const texts = [];
    for await (const page of client.paginate("conversations.replies", { channel, ts: root, limit: 1 })) {
      texts.push(...page.messages.map((one) => one.text));
    }
    assert.deepEqual([...new Set(texts)], ["Hello", "below"]);
  },
  "an edit and a removal": async () => {
    await client.chat.update({ channel, ts: root, text: "Hello again", blocks: [] });
    const extra = await client.chat.postMessage({ channel, thread_ts: root, text: "wrong" });
    await client.chat.delete({ channel, ts: extra.ts });
    assert.deepEqual((await thread()).map((one) => one.text), ["Hello again", "below"]);
    await client.chat.postEphemeral({ channel, user: "U0ANA00001", text: "for you" });
  },
  reactions: async () => {
    await client.reactions.add({ channel, timestamp: root, name: "eyes" });
    const { message } = await client.reactions.get({ channel, timestamp: root });
    assert.deepEqual(message.reactions.map((one) => one.name), ["eyes"]);
    const again = client.reactions.add({ channel, timestamp: root, name: "eyes" });
    await assert.rejects(again, (error) => error.data.error === "already_reacted");
    await client.reactions.remove({ channel, timestamp: root, name: "eyes" });
  },
  people: async () => {
    const { user } = await client.users.info({ user: "U0ANA00001" });
    assert.equal(user.profile.email, "ana@acme.test");
    const found = await client.users.lookupByEmail({ email: "ben@acme.test" });
    assert.equal(found.user.id, "U0BEN00001");
    const { members } = await client.conversations.members({ channel });
    assert.ok(members.includes("U0BRIDGE01"));
  },
  "a file and a text, uploaded at once": async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    await client.files.uploadV2({
      channel_id: channel, thread_ts: root, initial_comment: "two",
      file_uploads: [{ file: bytes, filename: "a.bin" }, { content: "Grüße", filename: "b.txt" }],
    });
    const shared = await until("the files", async () => (await thread()).find((one) => one.files));
    assert.equal(shared.text, "two");
    const headers = { Authorization: `Bearer ${setting("SLACK_BOT_TOKEN")}` };
    const contents = new Map();
    for (const file of shared.files) {
      const answer = await fetch(file.url_private_download, { headers });
      contents.set(file.name, Buffer.from(await answer.arrayBuffer()));
    }
    assert.deepEqual(contents.get("a.bin"), bytes);
    assert.equal(contents.get("b.txt").toString(), "Grüße");
  },
  "a 429 is waited for": async () => {
    const waits = [];
    client.on("rate_limited", (seconds) => waits.push(seconds));
    await simulator.fault({ on: "chat.postMessage", do: "rate_limit", retry_after: 1 });
    const began = Date.now();
    await client.chat.postMessage({ channel, thread_ts: root, text: "in the end" });
    assert.deepEqual(waits, [1]);
    assert.ok(Date.now() - began >= 1000);
    assert.equal((await thread()).filter((one) => one.text === "in the end").length, 1);
  },
  "what is refused says why": async () => {
    const wrong = new WebClient("xoxb-wrong", options);
    await assert.rejects(wrong.auth.test(), (error) => error.data.error === "invalid_auth");
    const nowhere = client.chat.postMessage({ channel: "C0NOWHERE1", text: "x" });
    await assert.rejects(nowhere, (error) => error.data.error === "channel_not_found");
  },
});
