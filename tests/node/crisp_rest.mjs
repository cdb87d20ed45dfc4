// crisp-api over REST, as the website or as a plugin, whichever CRISP_TIER says.
import assert from "node:assert/strict";

import { Crisp } from "crisp-api";

import { crisp as simulator, setting, steps } from "./kit.mjs";

const tier = setting("CRISP_TIER");
const website = setting("CRISP_WEBSITE_ID");
const client = as(setting("CRISP_TOKEN_KEY"));

function as(key) {
  const made = new Crisp();
  made.setRestHost(new URL(setting("CRISP_API_URL")).origin);
  made.authenticateTier(tier, setting("CRISP_TOKEN_IDENTIFIER"), key);
  return made;
}

const { session_id: session } = await simulator.act({
  do: "visitor_message", text: "Grüße 👋", nickname: "Zoë", email: "zoe@example.com",
});
const sent = 170000000000000 + Math.floor(Math.random() * 1e9);
const profile = { email: `max.${tier}@example.com`, person: { nickname: "Max" } };
const w = client.website;

await steps({
  "a website": async () => {
    assert.equal((await w.getWebsite(website)).website_id, website);
  },
  "conversations, and one": async () => {
    const page = await w.listConversations(website, 1, { filter_not_resolved: 1, per_page: 20 });
    assert.ok(page.some((one) => one.session_id === session));
    assert.deepEqual(await w.listConversations(website, 9), []);
    assert.equal((await w.getConversation(website, session)).meta.nickname, "Zoë");
    await w.checkConversationExists(website, session);
    await assert.rejects(w.checkConversationExists(website, "session_no"), { code: 404 });
  },
  "a search": async () => {
    const found = await w.listConversations(website, 1, { search_type: "text", search_query: "zoe@example.com" });
    assert.deepEqual(found.map((one) => one.session_id), [session]);
  },
  "a message sent, read, edited and removed": async () => {
    await w.sendMessageInConversation(website, session, {
      type: "text", from: "operator", origin: "chat", content: "On its **way**", fingerprint: sent,
      user: { nickname: "Ana Ramos", avatar: "https://acme.test/ana.png" },
    });
    const all = await w.getMessagesInConversation(website, session);
    assert.deepEqual(all.map((one) => one.content), ["Grüße 👋", "On its **way**"]);
    assert.deepEqual(await w.getMessagesInConversation(website, session, all[0].timestamp), []);
    await w.updateMessageInConversation(website, session, sent, "Delivered");
    assert.equal((await w.getMessageInConversation(website, session, sent)).content, "Delivered");
    await w.removeMessageInConversation(website, session, sent);
    await assert.rejects(w.getMessageInConversation(website, session, sent), { code: 404 });
  },
  "a note, typing and read marks": async () => {
    await w.sendMessageInConversation(website, session, {
      type: "note", from: "operator", origin: "chat", content: "known",
    });
    await w.composeMessageInConversation(website, session, { type: "start", from: "operator" });
    const [{ fingerprint }] = await w.getMessagesInConversation(website, session);
    const marks = { from: "user", origin: "chat", fingerprints: [fingerprint] };
    await w.markMessagesReadInConversation(website, session, marks);
    await w.markMessagesDeliveredInConversation(website, session, marks);
  },
  "state, routing, meta and block": async () => {
    await w.changeConversationState(website, session, "resolved");
    assert.equal((await w.getConversationState(website, session)).state, "resolved");
    const [operator] = await w.listWebsiteOperators(website);
    const assigned = { assigned: { user_id: operator.details.user_id } };
    await w.assignConversationRouting(website, session, assigned);
    assert.deepEqual(await w.getConversationRoutingAssign(website, session), assigned);
    await w.updateConversationMetas(website, session, { subject: "Order", segments: ["vip"] });
    const meta = await w.getConversationMetas(website, session);
    assert.deepEqual([meta.subject, meta.segments], ["Order", ["vip"]]);
    await w.blockIncomingMessagesForConversation(website, session, true);
    assert.equal((await w.getBlockStatusForConversation(website, session)).blocked, true);
    await w.blockIncomingMessagesForConversation(website, session, false);
  },
  "a conversation begun by the team": async () => {
    const { session_id: begun } = await w.createNewConversation(website);
    await w.updateConversationMetas(website, begun, { email: "new@example.com" });
    await w.removeConversation(website, begun);
    await assert.rejects(w.getConversation(website, begun), { code: 404 });
  },
  people: async () => {
    const { people_id: made } = await w.addNewPeopleProfile(website, profile);
    assert.equal((await w.getPeopleProfile(website, profile.email)).people_id, made);
    const found = await w.listPeopleProfiles(
      website, 1, "updated_at", "descending", undefined, undefined, profile.email,
    );
    assert.deepEqual(found.map((one) => one.people_id), [made]);
    await w.updatePeopleProfile(website, made, { person: { phone: "+351 1" } });
    assert.equal((await w.getPeopleProfile(website, made)).person.phone, "+351 1");
    await w.savePeopleData(website, made, { data: { plan: "pro" } });
    assert.deepEqual((await w.getPeopleData(website, made)).data, { plan: "pro" });
    assert.deepEqual(await w.listPeopleConversations(website, "zoe@example.com"), [session]);
    await w.removePeopleProfile(website, made);
    await assert.rejects(w.checkPeopleProfileExists(website, made), { code: 404 });
  },
  "what is refused says why": async () => {
    const refused = { code: 401, message: "invalid_session" };
    await assert.rejects(as("wrong").website.getWebsite(website), refused);
    await assert.rejects(w.getConversation(website, "session_no"), { code: 404 });
    await assert.rejects(w.changeConversationState(website, session, "asleep"), {
      code: 400, message: "invalid_data",
    });
  },
});
