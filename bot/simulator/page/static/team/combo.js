// A select whose options the app gives for what is typed: a field with a list below it.

import { h } from "../shared/dom.js";
import { withEmoji } from "../shared/emoji.js";

const PAUSE = 200;
const LEAST = 3;

/** Make the control; `options` as for the others, and context.suggest({element, block, text}). */
export function combo(element, block, options) {
  const { changed, context, held, required, wrong, label } = options;
  const id = options.id || `combo-${crypto.randomUUID()}`;
  const list = h("ul", { class: "combo-list", role: "listbox", id: `${id}-list`, hidden: true });
  const field = h("input", {
    id, class: "b-field", type: "text", role: "combobox", autocomplete: "off", required, "aria-label": label,
    "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list",
    "aria-invalid": wrong ? "true" : null, "aria-describedby": wrong, placeholder: element.placeholder?.text || "Type to search",
    "data-focus": element.focus_on_load ? "" : null,
  });
  const least = element.min_query_length ?? LEAST;
  const first = held?.selected_option || (held?.text ? held : held === undefined && element.initial_option);
  let chosen = first || null;
  let asked = 0;
  field.value = first ? withEmoji(first.text.text) : "";

  const show = (nodes) => {
    list.replaceChildren(...nodes);
    list.hidden = nodes.length === 0;
    field.setAttribute("aria-expanded", String(nodes.length > 0));
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (option) => {
    chosen = option;
    field.value = withEmoji(option.text.text);
    show([]);
    changed({ selected_option: option });
  };
  const row = (option, number) =>
    h("li", { role: "option", id: `${id}-${number}`, onpointerdown: (event) => (event.preventDefault(), choose(option)) },
      withEmoji(option.text.text), option.description ? h("small", {}, option.description.text) : null);

  async function ask() {
    const mine = (asked += 1);
    const text = field.value.trim();
    if (text.length < least) return show(text ? [note(`Type at least ${least} characters`)] : []);
    let found = [];
    try {
      found = await context.suggest({ element, block, text, shown: field });
    } catch {
      found = []; // the app is away: nothing to choose from
    }
    if (mine !== asked || document.activeElement !== field) return;
    show(found.length ? found.map(row) : [note("Nothing found")]);
    list.options = found;
  }

  let timer = 0;
  field.addEventListener("input", () => {
    if (chosen) changed(null);
    chosen = null;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("focus", () => !chosen && ask());
  field.addEventListener("blur", () => {
    show([]);
    if (!chosen) field.value = "";
  });
  field.addEventListener("keydown", (event) => move(event, { field, list, choose, show }));
  const made = h("div", { class: "combo" }, field, list);
  return made;
}

const note = (text) => h("li", { class: "combo-note" }, text);

function move(event, { field, list, choose, show }) {
  if (list.hidden) return;
  const rows = [...list.querySelectorAll("[role=option]")];
  const at = rows.findIndex((one) => one.id === field.getAttribute("aria-activedescendant"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && rows.length) {
    const next = rows[(at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step + rows.length) % rows.length];
    for (const one of rows) one.setAttribute("aria-selected", String(one === next));
    field.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && rows.length) choose(list.options[Math.max(at, 0)]);
  else if (event.key === "Escape") show([]);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
