// Talking to the page's own server: both simulators' control APIs, and the stream of news.

async function ask(path, options) {
  const response = await fetch(path, options);
  const text = await response.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    if (response.ok) throw new Error("The demo's server gave an answer that is not JSON.");
  }
  if (!response.ok) throw new Error(body.error || text || `The demo's server said ${response.status}.`);
  return body;
}

export const get = (path) => ask(path);

export const send = (path, body = {}, method = "POST") =>
  ask(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: method === "DELETE" ? undefined : JSON.stringify(body),
  });

/** Let somebody do something in Slack; an Error's message is one sentence. */
export const inSlack = (act) => send("/slack/_control/act", act);

/** Let somebody do something in Crisp. */
export const inCrisp = (act) => send("/crisp/_control/act", act);

/**
 * Let somebody send files; `act` is the act without them, `onProgress(part)` hears how much of them
 * has left, from 0 to 1.
 */
export function upload(side, act, files, onProgress = () => {}) {
  const form = new FormData();
  form.append("act", JSON.stringify(act));
  for (const file of files) form.append("file", file, file.name || "file");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/${side}/upload`);
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Error((request.response && request.response.error) || `The demo's server said ${request.status}.`));
    };
    request.onerror = () => reject(new Error("The demo's server is not reachable."));
    request.send(form);
  });
}

let stage = null;

/** Ask once who appears and what lies where. */
export async function setStage() {
  stage = await get("/stage.json");
  return stage;
}

/** Return how many bytes of files can be sent at a time. */
export const mostBytes = () => stage.most_bytes;

/** Turn a simulator's address into the one by which this page's server passes it on. */
export function local(url) {
  if (typeof url !== "string" || stage === null) return "";
  for (const [side, root] of Object.entries(stage.roots)) {
    if (url.startsWith(`${root}/`)) return `/${side}${url.slice(root.length)}`;
  }
  const here = `${location.origin}/`;
  if (url.startsWith(here)) return url.slice(here.length - 1);
  return "";
}

/** Follow the news; `onNews` gets {from, what} or {from, again}, `onGone` a broken connection. */
export function follow(onNews, onGone) {
  const source = new EventSource("/events");
  let broken = false;
  source.onmessage = (event) => onNews(JSON.parse(event.data));
  source.onopen = () => {
    if (broken) for (const from of ["slack", "crisp"]) onNews({ from, again: true });
    broken = false;
  };
  source.onerror = () => {
    broken = true;
    onGone();
  };
}

/** Return a function that runs `work`, never twice at once, and once more if called meanwhile. */
export function coalesced(work) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await work();
      } while (again);
    } catch {
      again = false; // the stream says when the server is back
    } finally {
      running = false;
    }
  };
}
