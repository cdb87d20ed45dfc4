// Changing an own message where it stands.

import { h, toast } from "../shared/dom.js";

/** Make the field in place of a message; `save(text)` returns a promise, `end()` takes it away. */
export function editor(text, { save, end }) {
  const field = h("textarea", { class: "editor-field", rows: 1, "aria-label": "Edit message", value: text });
  const button = h("button", { type: "submit", class: "b-button primary" }, "Save");
  const grow = () => {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, 240)}px`;
  };
  const submit = async (event) => {
    event.preventDefault();
    const now = field.value.trim();
    if (now === "") return toast("An empty message cannot be saved: delete it instead.");
    button.disabled = true;
    try {
      if (now !== text) await save(now);
      end();
    } catch (error) {
      toast(error.message);
      button.disabled = false;
    }
  };
  field.addEventListener("input", grow);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
    else if (event.key === "Escape") end();
    else return;
    event.stopPropagation();
  });
  const made = h("form", { class: "editor", onsubmit: submit }, field,
    h("div", { class: "editor-tools" }, h("button", { type: "button", class: "b-button", onclick: end }, "Cancel"), button));
  requestAnimationFrame(() => {
    grow();
    if (document.activeElement === field) return; // somebody types already: the caret is theirs
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
  return made;
}
