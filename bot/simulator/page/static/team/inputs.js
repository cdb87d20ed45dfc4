// Everything of Block Kit that holds a value, as a form's controls.

import { h } from "../shared/dom.js";
import { withEmoji } from "../shared/emoji.js";
import { combo } from "./combo.js";

const TYPED = {
  plain_text_input: "text", email_text_input: "email", url_text_input: "url", number_input: "number",
  datepicker: "date", timepicker: "time", datetimepicker: "datetime-local", rich_text_input: "text",
};
const PEOPLE = /^(multi_)?(users|conversations|channels)_select$/;
const CHOSEN = /^(multi_)?(static|external)_select$/;
const ASKED = /^(multi_)?external_select$/;

/** Tell whether an element holds a value. */
export const isControl = ({ type }) =>
  type in TYPED || PEOPLE.test(type) || CHOSEN.test(type) || type === "radio_buttons" || type === "checkboxes";

let timer = 0;
function pause(run) {
  clearTimeout(timer);
  timer = setTimeout(run, 300);
}

/** Make an input block: label, control, hint and what is wrong with it. */
export function field(block, label, hint, context) {
  const { element, block_id: id } = block;
  const optional = block.optional ? h("span", { class: "optional" }, " (optional)") : null;
  const wrong = context.form.errors[id];
  const changed = (value) => {
    context.form.hold(id, element.action_id, value);
    if (!block.dispatch_action || value === null) return;
    if (!(element.type in TYPED)) context.use({ element, block, value, shown: made });
    else if (each) pause(() => context.use({ element, block, value, shown: made }));
  };
  const when = element.dispatch_action_config?.trigger_actions_on || ["on_enter_pressed"];
  const each = when.includes("on_character_entered") || /picker$/.test(element.type);
  const made = control(element, block, { id: `in-${id}`, changed, context, held: context.form.held(id, element.action_id), required: !block.optional, wrong: wrong ? `wrong-${id}` : null, legend: [label, optional] });
  if (block.dispatch_action && when.includes("on_enter_pressed")) {
    made.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !(element.type in TYPED)) return;
      event.preventDefault();
      context.use({ element, block, value: read(element, made.value), shown: made });
    });
  }
  const grouped = made.tagName === "FIELDSET";
  return h("div", { class: `b-input${wrong ? " wrong" : ""}` },
    grouped ? null : h("label", { for: `in-${id}` }, label, optional),
    made,
    hint ? h("p", { class: "b-hint" }, hint) : null,
    wrong ? h("p", { class: "b-wrong", id: `wrong-${id}`, role: "alert" }, wrong) : null);
}

/** Make the control of an element; `changed(value)` hears of each value, null where it is empty. */
export function control(element, block, options) {
  const { type } = element;
  if (ASKED.test(type)) return combo(element, block, options);
  if (type === "radio_buttons" || type === "checkboxes") return boxes(element, options);
  if (PEOPLE.test(type) || CHOSEN.test(type)) return select(element, options);
  return typed(element, options);
}

const common = ({ id, label, required, wrong }, element) =>
  ({ id, "aria-label": label, required, "aria-invalid": wrong ? "true" : null, "aria-describedby": wrong,
    "data-focus": element.focus_on_load ? "" : null });

function typed(element, options) {
  const { changed, held } = options;
  const props = { ...common(options, element), class: "b-field", placeholder: element.placeholder?.text, autocomplete: "off",
    minlength: element.min_length, maxlength: element.max_length, min: element.min_value, max: element.max_value,
    step: element.is_decimal_allowed ? "any" : null };
  const long = element.multiline || element.type === "rich_text_input";
  const made = long ? h("textarea", { ...props, rows: 4 }) : h("input", { ...props, type: TYPED[element.type] });
  const first = held !== undefined ? held : element.initial_value ?? element.initial_date ?? element.initial_time ?? element.initial_date_time;
  if (typeof first === "number") made.value = localTime(first);
  else if (typeof first === "string") made.value = first;
  made.addEventListener("input", () => changed(read(element, made.value)));
  return made;
}

/** Return epoch seconds as a datetime-local field takes them. */
function localTime(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function read({ type }, value) {
  if (value === "") return null;
  if (type === "datetimepicker") return Math.round(new Date(value).getTime() / 1000);
  if (type !== "rich_text_input") return value;
  const section = { type: "rich_text_section", elements: [{ type: "text", text: value }] };
  return { rich_text_value: { type: "rich_text", elements: [section] } };
}

function select(element, options) {
  const { changed, context, held } = options;
  const many = element.type.startsWith("multi_");
  const first = new Set([held !== undefined ? held : initial(element)].flat().filter(Boolean));
  const option = ({ value, text }) => h("option", { value, selected: first.has(value) }, withEmoji(text));
  const groups = (element.option_groups || []).map((group) =>
    h("optgroup", { label: group.label.text }, group.options.map((one) => option(plain(one)))));
  const made = h("select", { ...common(options, element), class: many ? "b-field" : "b-button b-select", multiple: many },
    many ? null : h("option", { value: "" }, element.placeholder?.text || "Choose"),
    choices(element, context).map(option), groups);
  made.addEventListener("change", () => {
    const values = [...made.selectedOptions].map((one) => one.value);
    changed(many ? values : values[0] || null);
  });
  return made;
}

const plain = ({ text, value }) => ({ text: text.text, value });

function choices(element, context) {
  if (!PEOPLE.test(element.type)) return (element.options || []).map(plain);
  if (element.type.includes("users")) {
    return Object.values(context.users).filter((u) => !u.is_bot && !u.deleted).map((u) => ({ value: u.id, text: u.real_name }));
  }
  return Object.values(context.channels).filter((c) => c.name).map((c) => ({ value: c.id, text: `#${c.name}` }));
}

/** Return the value, or values, that an element has from the start. */
export function initial(element) {
  const one = (option) => option && option.value;
  return one(element.initial_option) ?? element.initial_options?.map(one) ?? element.initial_user ?? element.initial_channel ??
    element.initial_conversation ?? element.initial_users ?? element.initial_channels ?? element.initial_conversations ?? null;
}

function boxes(element, options) {
  const { changed, held, legend } = options;
  const many = element.type === "checkboxes";
  const first = new Set([held !== undefined ? held : initial(element)].flat().filter(Boolean));
  const name = `${options.id || element.action_id}-${crypto.randomUUID()}`;
  const made = h("fieldset", { class: "b-boxes", "aria-label": legend ? null : options.label, "aria-describedby": options.wrong },
    legend ? h("legend", {}, legend) : null,
    element.options.map((option) => h("label", {},
      h("input", { type: many ? "checkbox" : "radio", name, value: option.value, checked: first.has(option.value) }),
      h("span", {}, withEmoji(option.text.text), option.description ? h("small", {}, option.description.text) : null))));
  made.addEventListener("change", () => {
    const values = [...made.querySelectorAll("input:checked")].map((box) => box.value);
    changed(many ? values : values[0] || null);
  });
  return made;
}
