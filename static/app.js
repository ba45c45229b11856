// What every page may use; each part works on its own and the page works without any of them.
// Nothing imports this file: a module loaded under two addresses runs twice.

import { _, device, say } from "./device.js";

function darkNow() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switches() {
  const root = document.documentElement;
  for (const button of document.querySelectorAll("[data-switch]")) {
    const which = button.dataset.switch;
    const on = () => (which === "theme" ? darkNow() : root.dataset.text === "large");
    const show = () => button.setAttribute("aria-pressed", String(on()));
    show();
    button.addEventListener("click", () => {
      const now = !on();
      if (which === "theme") { root.dataset.theme = now ? "dark" : "light"; device.set("theme", root.dataset.theme); }
      else if (now) { root.dataset.text = "large"; device.set("text", "large"); }
      else { delete root.dataset.text; device.remove("text"); }
      show();
    });
  }
}

function copying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    event.preventDefault();
    const words = new URL(button.dataset.copy, location.href).href;
    const text = button.dataset.copyText ?? words;
    try { await navigator.clipboard.writeText(text); say(_("已复制")); }
    catch { prompt(_("请按 Ctrl+C（手机上长按）复制："), text); }
  });
}

function submitOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button) { button.setAttribute("aria-disabled", "true"); say(button.dataset.busy ?? _("正在提交，请稍候")); }
  });
  // Coming back by the browser's own button finds the form usable again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    }
  });
}

function wideDetails() {
  const wide = matchMedia("(min-width: 48rem)");
  const follow = () => { for (const box of document.querySelectorAll("details[data-open-wide]")) box.open = wide.matches; };
  follow();
  wide.addEventListener("change", follow);
}

function printing() {
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
}

/** Says the result of the last act to a screen reader: what a page comes with, it doesn't read by itself. */
function announce() {
  const live = document.getElementById("live");
  const words = document.querySelector(".flashes")?.textContent.trim();
  if (live && words) setTimeout(() => { live.textContent = words; }, 300);
}

const summary = document.querySelector(".error-summary");
if (summary) summary.focus();
announce();
switches();
copying();
submitOnce();
wideDetails();
printing();
