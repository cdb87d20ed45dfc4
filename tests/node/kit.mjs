// What the scripts share: the settings, the simulators' control APIs, waiting, and steps by name.
// A script exits with 0 only once every one of its steps has passed.

export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: take it from \`slack-crisp-bridge simulate --json\`.`);
  return value;
}

export const slack = control("SLACK_API_URL");
export const crisp = control("CRISP_API_URL");

function control(name) {
  const base = new URL("/_control/", setting(name));
  async function call(method, path, body) {
    const answer = await fetch(new URL(path, base), { method, body: body && JSON.stringify(body) });
    const data = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(data)}`);
    return data;
  }
  const post = (path) => (body = {}) => call("POST", path, body);
  return {
    state: (query = "") => call("GET", `state${query}`),
    act: post("act"),
    fault: post("faults"),
    config: post("config"),
    disconnect: post("disconnect"),
  };
}

export async function until(what, condition, seconds = 20) {
  const deadline = Date.now() + 1000 * seconds;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// `thrown` takes what a client throws where nobody can catch it; otherwise that is a failure.
export async function steps(named, thrown = failed("outside of any step")) {
  process.once("uncaughtException", thrown);
  for (const [name, step] of Object.entries(named)) {
    await step().catch(failed(name));
    console.log(`ok ${name}`);
  }
  process.exit(0);
}

function failed(name) {
  return (error) => {
    console.error(`FAILED ${name}\n`, error);
    process.exit(1);
  };
}
