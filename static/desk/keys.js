// The desk's keyboard: whatever carries data-key is followed, pressed or chosen by that key.
// A single key never acts while somebody types, and can be switched off (WCAG 2.1.4). "?" lists the keys of the page.
import { device } from "../device.js";

const OFF = "keys-off";
const help = document.getElementById("keys-help");

const shown = (element) => element.getClientRects().length > 0 && !element.closest("[inert], [hidden]");
const typing = (element) => element.matches("input:not([type=radio], [type=checkbox], [type=submit], [type=button]), textarea, select, [contenteditable]");

/** The name of what was pressed as data-key writes it: "j", "shift+a", "mod+enter". */
function pressed(event) {
  const key = event.key.toLowerCase();
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  const shift = event.shiftKey && key.length > 1 ? "shift+" : event.shiftKey && /[a-z]/.test(key) ? "shift+" : "";
  return mod + shift + key;
}

/** Leaves a field for the part of the page that it is in, so that Tab and the arrows go on from there. */
function leave(field) {
  field.blur();
  field.closest("[tabindex='-1']")?.focus({ preventScroll: true });
}

function act(element) {
  if (element.matches("input:not([type=radio], [type=checkbox]), textarea, select")) element.focus();
  else if (element.matches("label")) {
    const input = element.control;
    if (input) { input.click(); input.focus(); }
  } else element.click();
}

/** The element for a key: the one in the form that somebody is writing in, else the first on the page. */
function find(name, form) {
  const all = [...document.querySelectorAll("[data-key]")].filter((element) => element.dataset.key === name && shown(element));
  return all.find((element) => form && element.form === form) ?? all[0];
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.defaultPrevented || help?.open) return;
  const name = pressed(event);
  const withMod = name.startsWith("mod+");
  if (!withMod && typing(event.target)) {
    if (event.key === "Escape") leave(event.target);
    return;
  }
  if (name === "?" || name === "shift+?") { showHelp(); event.preventDefault(); return; }
  if (!withMod && device.get(OFF)) return;
  const element = find(name, event.target.form);
  if (element) { event.preventDefault(); act(element); }
});

function showHelp() {
  if (!help) return;
  const list = help.querySelector("[data-keys-list]");
  list.replaceChildren();
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-key]")) {
    const key = element.dataset.key;
    if (seen.has(key) || !shown(element)) continue;
    seen.add(key);
    const term = document.createElement("dt");
    const cap = document.createElement("kbd");
    cap.textContent = key.replace("mod+", "Ctrl/⌘ ").replace("shift+", "Shift ").replace("enter", "Enter").toUpperCase();
    term.append(cap);
    const words = document.createElement("dd");
    words.textContent = element.dataset.keyWords ?? element.textContent.trim();
    list.append(term, words);
  }
  if (!seen.size) {
    const words = document.createElement("dd");
    words.textContent = "这一页没有快捷键。";
    list.append(words);
  }
  help.showModal();
}

for (const button of document.querySelectorAll("[data-keys-help]")) button.addEventListener("click", showHelp);
const keysSwitch = document.querySelector("[data-keys-switch]");
if (keysSwitch) {
  keysSwitch.checked = !device.get(OFF);
  keysSwitch.addEventListener("change", () => (keysSwitch.checked ? device.remove(OFF) : device.set(OFF, "1")));
}

// From here on keys act. What was pressed before is not made up for: it would act on what nobody has seen yet.
document.documentElement.dataset.keys = "listening";
