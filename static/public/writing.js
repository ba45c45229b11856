// The form: the tray comes in, what is typed is kept on this device until it is sent. Names and contacts are never kept.
import { device } from "../device.js";
import * as tray from "./tray.js";

const form = document.querySelector("form[data-autosave]");
const slug = form?.dataset.autosave ?? "";
const KEY = `typed:${slug}`;

const pieces = () => [...form.querySelectorAll("[data-piece]")];
const textOf = (piece) => piece.querySelector("textarea");

function kept() {
  try { return JSON.parse(device.get(KEY) ?? "{}"); } catch { return {}; }
}

function tell(words, forgetting = false) {
  const line = form.querySelector("[data-saved]");
  if (!line) return;
  line.hidden = false;
  line.textContent = words;
  if (!forgetting) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "act";
  button.textContent = "不要了，清空";
  button.addEventListener("click", () => {
    tray.forget(slug);
    for (const piece of pieces()) textOf(piece).value = "";
    tell("已清空。");
  });
  line.append("　", button);
}

function bringIn() {
  const inTray = new Map(tray.items(slug).map((item) => [item.anchor, item]));
  const typed = kept();
  let found = false;
  for (const piece of pieces()) {
    const anchor = piece.dataset.anchor;
    const text = textOf(piece);
    const item = inTray.get(anchor);
    if (item?.quote && !piece.querySelector("input[name$='-quote']").value) {
      piece.querySelector("input[name$='-quote']").value = item.quote;
      const shown = piece.querySelector("[data-quote]");
      shown.hidden = false;
      shown.querySelector("span").textContent = item.quote;
    }
    if (text.value) continue;
    text.value = item?.content ?? typed[anchor] ?? "";
    found ||= Boolean(text.value);
  }
  if (found) tell("已带入您在这台设备上写过、还没有提交的文字。", true);
}

function keep() {
  const typed = {};
  for (const piece of pieces()) if (textOf(piece).value) typed[piece.dataset.anchor] = textOf(piece).value;
  for (const item of tray.items(slug)) {
    const piece = pieces().find((one) => one.dataset.anchor === item.anchor);
    if (piece && textOf(piece).value !== item.content) { tray.drop(slug, item.anchor); }
  }
  if (device.set(KEY, JSON.stringify(typed))) tell("已自动保存在本机，提交后清除。");
}

function dropping(event) {
  const button = event.target.closest("[data-drop]");
  if (!button || pieces().length < 2) return;
  event.preventDefault();
  const piece = button.closest("[data-piece]");
  tray.drop(slug, piece.dataset.anchor);
  const next = piece.nextElementSibling?.querySelector("textarea") ?? pieces()[0].querySelector("textarea");
  piece.remove();
  keep();
  next?.focus();
  if (pieces().length === 1) pieces()[0].querySelector("[data-drop]")?.remove();
}

if (form) {
  bringIn();
  let timer;
  form.addEventListener("input", (event) => {
    if (!event.target.closest("[data-piece]")) return;
    clearTimeout(timer);
    timer = setTimeout(keep, 400);
  });
  addEventListener("pagehide", () => { if (pieces().some((piece) => textOf(piece).value)) keep(); });
  form.addEventListener("click", dropping);
}

const sent = document.querySelector("[data-sent]");
if (sent?.dataset.sent) tray.forget(sent.dataset.sent);
