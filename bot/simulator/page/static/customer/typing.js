// Who is typing: the customer's keys are told to Crisp now and then, and operators' are shown.

import { inCrisp } from "../shared/net.js";

const AGAIN = 2_000;
const SHOWN = 6_000;
const PAUSE = 4_000;

/** Tells Crisp that the customer types, at most every two seconds, and when they have stopped. */
export class Typing {
  constructor() {
    this.session = null;
    this.last = 0;
    this.pause = 0;
  }

  typed(session, text) {
    if (text.trim() === "") return this.stopped();
    if (this.session !== session) this.stopped();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.stopped(), PAUSE);
    if (this.session === session && Date.now() - this.last < AGAIN) return;
    this.session = session;
    this.last = Date.now();
    tell({ session_id: session, text });
  }

  stopped() {
    clearTimeout(this.pause);
    if (this.session !== null) tell({ session_id: this.session, stop: true });
    this.session = null;
  }
}

const tell = (what) => inCrisp({ do: "visitor_typing", ...what }).catch(() => {});

/** Knows who of the team is typing to whom, for as long as Crisp shows it. */
export class Typists {
  /** `changed()` is called when somebody has stopped by themselves. */
  constructor(changed) {
    this.changed = changed;
    this.current = new Map();
  }

  hear({ session_id: session, type, user }) {
    this.end(session);
    if (type !== "start") return;
    const timer = setTimeout(() => {
      this.current.delete(session);
      this.changed();
    }, SHOWN);
    this.current.set(session, { who: { nickname: "The team", avatar: "", ...user }, timer });
  }

  end(session) {
    const one = this.current.get(session);
    if (one) clearTimeout(one.timer);
    this.current.delete(session);
  }

  of(session) {
    const one = this.current.get(session);
    return one ? one.who : null;
  }
}
