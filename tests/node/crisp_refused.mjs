// crisp-api over RTM with a key that is refused: it throws, as it does with Crisp.
import assert from "node:assert/strict";

import { Crisp } from "crisp-api";

import { crisp as simulator, setting, steps, until } from "./kit.mjs";

const client = new Crisp();
client.setRestHost(new URL(setting("CRISP_API_URL")).origin);
client.setRtmHost(setting("RTM_HOST"));
client.authenticateTier(setting("CRISP_TIER"), setting("CRISP_TOKEN_IDENTIFIER"), "wrong");

const thrown = [];

await steps({
  "a wrong key": async () => {
    await client.on("message:send", () => {});
    const { message } = await until("an error", () => thrown[0]);
    assert.match(message, /^\[Crisp\] connectSocket: .* authentication is invalid$/);
    assert.deepEqual((await simulator.state()).sockets, []);
  },
}, (error) => thrown.push(error));
