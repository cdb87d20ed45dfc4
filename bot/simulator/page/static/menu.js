// A small menu under a button, worked by mouse or keyboard.

import { h } from "./dom.js";

let shut = null;

/** Open a menu of {label, run} under `anchor`; a click elsewhere, Escape or a choice closes it. */
export function openMenu(anchor, choices) {
  if (shut !== null) {
    const same = shut.anchor === anchor;
    shut();
    if (same) return;
  }
  const items = choices.map(({ label, run }) =>
    h("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: () => (close(), run()) }, label),
  );
  const menu = h("div", { class: "menu", role: "menu" }, items);
  document.body.append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  const outside = (event) => !menu.contains(event.target) && !anchor.contains(event.target) && close();
  const keys = (event) => step(event, items, close);

  function close() {
    menu.remove();
    anchor.removeAttribute("aria-expanded");
    document.removeEventListener("pointerdown", outside);
    document.removeEventListener("scroll", close, true);
    window.removeEventListener("resize", close);
    if (anchor.isConnected) anchor.focus();
    shut = null;
  }

  menu.addEventListener("keydown", keys);
  document.addEventListener("pointerdown", outside);
  document.addEventListener("scroll", close, true);
  window.addEventListener("resize", close);
  shut = Object.assign(close, { anchor });
  items[0].focus();
}

function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + height + 8 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? at.bottom + 4 : at.top - height - 4}px`;
}

function step(event, items, close) {
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Escape" || event.key === "Tab") close();
  else if (to !== undefined) items[(to + items.length) % items.length].focus();
  else return;
  event.preventDefault();
}
