// What can be used in a message or a modal: buttons, menus and everything that holds a value.

import { h } from "../shared/dom.js";
import { pictured, withEmoji } from "../shared/emoji.js";
import { icon, ICONS } from "../shared/icons.js";
import { openMenu } from "../shared/menu.js";
import { local } from "../shared/net.js";
import { control, isControl } from "./inputs.js";

/** Make an element; using it calls context.use({element, block, value, shown}). */
export function usable(element, block, context) {
  if (element.type === "button") return button(element, block, context);
  if (element.type === "overflow") return overflow(element, block, context);
  if (element.type === "image") {
    return h("img", { class: "b-accessory", src: local(element.image_url), alt: element.alt_text || "" });
  }
  if (!isControl(element)) return h("span", { class: "b-unknown" }, `[${element.type}]`);
  const label = element.placeholder ? element.placeholder.text : "Choose";
  const changed = (value) => value !== null && context.use({ element, block, value, shown: made });
  const held = context.form?.held(block.block_id, element.action_id);
  const id = `use-${block.block_id}-${element.action_id}`;
  const made = control(element, block, { id: context.form ? id : null, label, changed, context, held });
  return made;
}

function button(element, block, context) {
  const style = ["primary", "danger"].includes(element.style) ? ` ${element.style}` : "";
  const label = element.accessibility_label || null;
  const made = h("button", { class: `b-button${style}`, type: "button", "aria-label": label, "data-use": `${block.block_id}/${element.action_id}` }, pictured(withEmoji(element.text.text)));
  made.addEventListener("click", () => context.use({ element, block, shown: made }));
  return made;
}

function overflow(element, block, context) {
  const label = { type: "button", class: "b-button b-more", "aria-label": "More actions", "data-use": `${block.block_id}/${element.action_id}` };
  const made = h("button", { ...label, "aria-haspopup": "menu" }, icon(ICONS.dots));
  made.addEventListener("click", () =>
    openMenu(
      made,
      element.options.map((option) => ({
        label: pictured(withEmoji(option.text.text)),
        run: () => context.use({ element, block, value: option.value, shown: made }),
      })),
    ),
  );
  return made;
}
