// Dialogs above everything: a question with two answers, and a picture in full size.

import { h } from "./dom.js";
import { icon, ICONS } from "./icons.js";

/** Show a dialog and return it; it leaves the page once it is closed, and focus goes back. */
export function show(dialog) {
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before && before.isConnected) before.focus();
  });
  dialog.showModal();
  return dialog;
}

/** Ask; resolve to true if the answer is yes. Escape is no. */
export function ask({ title, body, yes, no = "Cancel", danger = false }) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "ask", "aria-labelledby": "ask-title" },
      h("h2", { id: "ask-title" }, title),
      h("div", { class: "ask-body" }, body),
      h("div", { class: "ask-answers" },
        h("button", { type: "button", class: "b-button", onclick: () => dialog.close() }, no),
        h("button", { type: "button", class: `b-button ${danger ? "danger" : "primary"}`, autofocus: true, onclick: () => dialog.close("yes") }, yes)));
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
    show(dialog);
  });
}

/** Show a picture as large as the screen allows; a click or Escape ends it. */
export function enlarge({ url, name }) {
  const dialog = h("dialog", { class: "lightbox", "aria-label": name, onclick: () => dialog.close() },
    h("img", { src: url, alt: name }),
    h("p", {}, name),
    h("button", { type: "button", class: "lightbox-close", "aria-label": "Close the picture" }, icon(ICONS.close)));
  show(dialog);
}
