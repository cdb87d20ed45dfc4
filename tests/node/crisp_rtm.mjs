// crisp-api over RTM, as the website or as a plugin, whichever CRISP_TIER says.
import assert from "node:assert/strict";

import { Crisp } from "crisp-api";

import { crisp as simulator, setting, steps, until } from "./kit.mjs";

const tier = setting("CRISP_TIER");
const website = setting("CRISP_WEBSITE_ID");
const heard = [];
const client = new Crisp();
client.setRestHost(new URL(setting("CRISP_API_URL")).origin);
client.authenticateTier(tier, setting("CRISP_TOKEN_IDENTIFIER"), setting("CRISP_TOKEN_KEY"));

// Left to itself it asks for the address; it can be told, too.
if (process.env.RTM_HOST) client.setRtmHost(process.env.RTM_HOST);

const of = (event) => heard.filter((one) => one.event === event).map((one) => one.data);
const first = (event) => until(event, () => of(event)[0]);
const listening = () => until("a connection", async () => (await simulator.state()).sockets.length);
const say = (text) => simulator.act({ do: "visitor_message", text });

await steps({
  "listening to what was asked for": async () => {
    const events = [
      "message:send", "message:received", "message:updated", "session:set_state",
      "bucket:url:upload:generated",
    ];
    await Promise.all(
      events.map((event) => client.on(event, (data) => heard.push({ event, data }))),
    );
    await listening();
    const [socket] = (await simulator.state()).sockets;
    assert.deepEqual([socket.tier, socket.events], [tier, [...events].sort()]);
  },
  "a customer's message": async () => {
    const { session_id, fingerprint } = await say("Hello?");
    const got = await first("message:send");
    assert.equal(got.website_id, website);
    assert.deepEqual(
      [got.session_id, got.fingerprint, got.content, got.from],
      [session_id, fingerprint, "Hello?", "user"],
    );
  },
  "the echo of one's own": async () => {
    const [{ session_id }] = of("message:send");
    const mine = { type: "text", from: "operator", origin: "chat", content: "Hi!" };
    const { fingerprint } = await client.website.sendMessageInConversation(website, session_id, mine);
    const got = await first("message:received");
    assert.deepEqual([got.fingerprint, got.content, got.from], [fingerprint, "Hi!", "operator"]);
    await client.website.updateMessageInConversation(website, session_id, fingerprint, "Hello!");
    assert.equal((await first("message:updated")).content, "Hello!");
  },
  "a state": async () => {
    const [{ session_id }] = of("message:send");
    await client.website.changeConversationState(website, session_id, "resolved");
    await until("resolved", () => of("session:set_state").some((one) => one.state === "resolved"));
  },
  "an upload, whose address comes as an event": async () => {
    const file = { name: "a.txt", type: "text/plain" };
    await client.bucket.generateBucketURL({ namespace: "upload", id: "mine", file });
    const { id, url } = await first("bucket:url:upload:generated");
    assert.equal(id, "mine");
    const put = { method: "PUT", headers: { "Content-Type": file.type }, body: "No. 4711" };
    assert.ok((await fetch(url.signed, put)).ok);
    assert.equal(await (await fetch(url.resource)).text(), "No. 4711");
  },
  "after a dropped connection it comes back": async () => {
    await simulator.disconnect();
    await until("gone", async () => !(await simulator.state()).sockets.length);
    await listening();
    const { fingerprint } = await say("Still there?");
    await until("again", () => of("message:send").some((one) => one.fingerprint === fingerprint));
  },
  "each came once": async () => {
    const fingerprints = [...of("message:send"), ...of("message:received")].map((m) => m.fingerprint);
    assert.equal(new Set(fingerprints).size, fingerprints.length);
    assert.equal(fingerprints.length, 3);
  },
});
