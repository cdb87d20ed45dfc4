// What opens under a button and closes by itself: menus and small palettes.

import { h } from "./dom.js";

let shut = null;

/**
 * Open a menu of {label, run, danger} under `anchor`; a text alone is a heading, null a line. A
 * click elsewhere, Escape or a choice closes it.
 */
export function openMenu(anchor, choices) {
  const made = choices.filter((one) => one !== undefined).map((one) => {
    if (one === null) return h("hr", {});
    if (typeof one === "string") return h("p", { class: "menu-heading" }, one);
    return h("button", { type: "button", role: "menuitem", tabindex: "-1", class: one.danger ? "danger" : null, onclick: () => (close(), one.run()) }, one.label);
  });
  const menu = h("div", { class: "menu", role: "menu" }, made);
  const close = openPopover(anchor, menu);
  if (close === null) return;
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  menu.addEventListener("keydown", (event) => step(event, items, close, 1));
  items[0].focus();
}

/** Open a palette of choices {label, shown, run} in rows of `columns`. */
export function openPalette(anchor, label, columns, choices) {
  const items = choices.map((one) =>
    h("button", { type: "button", role: "menuitem", tabindex: "-1", "aria-label": one.label, title: one.label, onclick: () => (close(), one.run()) }, one.shown));
  const palette = h("div", { class: "menu palette", role: "menu", "aria-label": label }, items);
  const close = openPopover(anchor, palette);
  if (close === null) return;
  palette.addEventListener("keydown", (event) => step(event, items, close, columns));
  items[0].focus();
}

/** Show `node` at `anchor`; return what closes it, or null if that anchor's was open and is closed. */
function openPopover(anchor, node) {
  if (shut !== null) {
    const same = shut.anchor === anchor;
    shut();
    if (same) return null;
  }
  (anchor.closest("dialog") || document.body).append(node);
  place(node, anchor);
  anchor.setAttribute("aria-expanded", "true");
  const row = anchor.closest("article, .bubble-row");
  if (row) row.classList.add("held");
  const outside = (event) => !node.contains(event.target) && !anchor.contains(event.target) && close();

  function close() {
    const inside = node.contains(document.activeElement);
    node.remove();
    anchor.removeAttribute("aria-expanded");
    document.removeEventListener("pointerdown", outside);
    document.removeEventListener("scroll", close, true);
    window.removeEventListener("resize", close);
    if (inside && anchor.isConnected) anchor.focus();
    if (row) row.classList.remove("held");
    shut = null;
  }

  document.addEventListener("pointerdown", outside);
  document.addEventListener("scroll", close, true);
  window.addEventListener("resize", close);
  shut = Object.assign(close, { anchor });
  return close;
}

function place(node, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = node.getBoundingClientRect();
  const below = at.bottom + height + 8 < innerHeight;
  node.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  node.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
}

function step(event, items, close, columns) {
  const at = items.indexOf(document.activeElement);
  const moves = { ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: items.length - 1 };
  if (columns > 1) Object.assign(moves, { ArrowRight: at + 1, ArrowLeft: at - 1 });
  const to = moves[event.key];
  if (event.key === "Escape" || event.key === "Tab") close();
  else if (to !== undefined) items[(to + items.length) % items.length].focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
