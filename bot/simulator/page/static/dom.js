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

const SVG = "http://www.w3.org/2000/svg";

/** Make a line icon of 20 by 20 out of a path. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  send: "M3 10 17 3.5 12.5 17 9.5 11.5Z M9.5 11.5 17 3.5",
  close: "M5 5l10 10M15 5 5 15",
  back: "M12 4 6 10l6 6",
  bold: "M6.5 4h4.5a3 3 0 0 1 0 6H6.5zM6.5 10h5.5a3 3 0 0 1 0 6H6.5z",
  italic: "M9 4h6M5 16h6M12 4 8 16",
  strike: "M14 6.5C13.5 5 12 4 10 4 7.5 4 6 5.3 6 7c0 4.5 8.5 2 8.5 6 0 1.8-1.8 3-4.3 3-2.2 0-4-1-4.5-2.7M3 10h14",
  code: "M7 6 3 10l4 4M13 6l4 4-4 4",
  quote: "M4 4v12M8 6h8M8 10h8M8 14h5",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  plus: "M10 4v12M4 10h12",
  dots: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  bolt: "M11 2 4 11.5h5L8.5 18 16 8.5h-5.5z",
  pin: "M10 17s5.5-5 5.5-9a5.5 5.5 0 0 0-11 0c0 4 5.5 9 5.5 9zM10 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
};

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

/** Run `change`, and keep a scrolled area at its end if it was there. */
export function stickToEnd(area, change) {
  const atEnd = area.scrollHeight - area.scrollTop - area.clientHeight < 60;
  change();
  if (atEnd) area.scrollTop = area.scrollHeight;
}

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
