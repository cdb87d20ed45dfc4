// Making and updating elements. Data becomes text nodes and attributes, never markup.

/** Make an element: h("p", {class: "x", onclick: f}, "text", otherNode, null). */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("aria-")) node.setAttribute(name, String(value));
    else if (value === false) continue;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(9).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/**
 * Make `parent`'s children the given items, in order. An item is {key, stamp, make}: a child is
 * made anew only where its stamp has changed, so that focus, menus and scrolling stay.
 */
export function reconcile(parent, items) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let at = parent.firstElementChild;
  for (const { key, stamp, make } of items) {
    let node = old.get(String(key));
    old.delete(String(key));
    if (node === undefined || node.stamp !== stamp) {
      const made = make();
      made.dataset.key = key;
      made.stamp = stamp;
      if (node === undefined) made.classList.add("new");
      else {
        if (at === node) at = node.nextElementSibling;
        node.remove();
      }
      node = made;
    }
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const gone of old.values()) gone.remove();
}

const watched = new WeakMap();

/**
 * Run `change`, and keep a scrolled area at its end if it was there; pictures that come later and
 * make it longer do not lead away from the end either.
 */
export function stickToEnd(area, change) {
  if (!watched.has(area)) {
    watched.set(area, true);
    let height = area.scrollHeight;
    const again = () => watched.get(area) && (area.scrollTop = area.scrollHeight);
    area.addEventListener("scroll", () => {
      if (area.scrollHeight === height) watched.set(area, nearEnd(area));
      else again(); // it has grown under the reader, who has not moved
      height = area.scrollHeight;
    }, { passive: true });
    area.addEventListener("load", again, true);
    area.addEventListener("loadedmetadata", again, true);
    new ResizeObserver(again).observe(area);
  }
  const atEnd = nearEnd(area);
  change();
  if (atEnd) area.scrollTop = area.scrollHeight;
}

const nearEnd = (area) => area.scrollHeight - area.scrollTop - area.clientHeight < 60;

/** Show one sentence for a while. */
export function toast(sentence) {
  const shown = h("div", { class: "toast" }, sentence);
  document.getElementById("toasts").append(shown);
  setTimeout(() => shown.remove(), 6000);
}

/** Return "10:42" for epoch milliseconds, in the reader's timezone. */
export function clock(ms) {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** Return "Today", "Yesterday" or the date. */
export function day(ms) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (ms >= midnight) return "Today";
  if (ms >= midnight - 86_400_000) return "Yesterday";
  return new Date(ms).toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
}

/** Return "24 KB" or "1.5 MB". */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/**
 * Give a thread or chat one stop for the Tab key: arrow keys go through its messages. A tap on one
 * brings it forward as the pointer does where there is one.
 */
export function walkable(area, items) {
  const tapped = ({ target }) => target.closest("a, button, input, select, textarea, audio, video") ? null : target.closest(items);
  // Not before the finger has left: what then appears must not be what it touches.
  area.addEventListener("mousedown", (event) => matchMedia("(hover: none)").matches && tapped(event) && event.preventDefault());
  area.addEventListener("click", (event) => {
    const item = tapped(event);
    if (item && !item.contains(document.activeElement)) item.focus({ preventScroll: true });
  });
  area.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined || event.defaultPrevented) return;
    const all = [...area.querySelectorAll(items)];
    const at = all.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== area) return;
    const next = at < 0 ? all.at(-1) : all[at + step];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  });
}
