// crisp-api takes web hooks: a signed body that it parsed itself must verify, whatever is in it.
import assert from "node:assert/strict";
import { createServer } from "node:http";

import { Crisp } from "crisp-api";

import { crisp as simulator, setting, steps, until } from "./kit.mjs";

const heard = [];
const verdicts = [];
const client = new Crisp();
client.setRtmMode("webhooks");

const server = createServer(async (request, response) => {
  const chunks = await request.toArray();
  const text = Buffer.concat(chunks).toString();
  const body = JSON.parse(text);
  const { "x-crisp-request-timestamp": at, "x-crisp-signature": signature } = request.headers;
  const verify = (secret) => client.verifyHook(secret, body, at, signature);
  const right = verify(setting("CRISP_HOOK_SECRET"));
  verdicts.push({ text, right, wrong: verify("another secret") });
  assert.equal(client.receiveHook(body), null);
  response.end();
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const say = (text, more = {}) => simulator.act({ do: "visitor_message", text, ...more });
const odd = 'Zoë says "hi" </b> \u2028 \u007f \t\n 👋 \\ 漢字';

await steps({
  "hooks that verify, whatever is in them": async () => {
    await client.on("message:send", (data) => heard.push(data));
    const hook_url = `http://127.0.0.1:${server.address().port}/`;
    await simulator.config({ hook_url, hook_kind: "plugin" });
    const { session_id } = await say(odd, {
      nickname: "Zoë", country: "PT", city: "Évora", data: { share: 0.1, whole: 2, none: null },
      page: { title: "Preços", url: "https://acme.test/pre%C3%A7os?a=1&b=é" },
    });
    await simulator.act({ do: "rate", session_id, stars: 5, comment: "Ótimo!" });
    await say("last", { session_id });
    await until("the last hook", () => heard.some((one) => one.content === "last"));
    assert.ok(heard.some((one) => one.content === odd));
    await until("several hooks", () => verdicts.length > 4);
    for (const one of verdicts) assert.deepEqual([one.right, one.wrong], [true, false], one.text);
    await simulator.config({ hook_url: "" });
  },
});
