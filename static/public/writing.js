// The form: the tray comes in, what is typed is kept on this device until it is sent. Names and contacts are never kept.
import { _ } from "../device.js";
import { act, allow, arrived, beginAnew, decline, declined, drafts, forget, hasArrived, sending } from "./drafts.js";
import { prove } from "./proof.js";
import * as tray from "./tray.js";

const form = document.querySelector("form[data-autosave]");
const slug = form?.dataset.autosave ?? "";

const pieces = () => [...form.querySelectorAll("[data-piece]")];
const textOf = (piece) => piece.querySelector("textarea");
const answers = () => [...form.querySelectorAll("textarea[name^='answer-']")];
const texts = () => [...pieces().map(textOf), ...answers()];
const written = () => texts().some((text) => text.value);
let sentAlready = false;

function kept() {
  try { return JSON.parse(drafts.get("typed", slug) ?? "{}"); } catch { return {}; }
}

function tell(words, ...acts) {
  const line = form.querySelector("[data-saved]");
  if (!line) return;
  const shown = [...line.childNodes].map((node) => node.textContent).join("|");
  if (shown === [words, ...acts.map((one) => one.textContent)].join("|")) return; // no need to say it again at every letter
  line.hidden = false;
  line.replaceChildren(words, ...acts);
}

const emptying = () => act(_("清空"), () => {
  forget(slug);
  for (const text of texts()) text.value = "";
  textOf(pieces()[0]).focus();
  tell(_("已清空，这台设备上没有留下。"));
});

const declining = () => act(_("公用电脑，不要保存"), () => { decline(slug); tellState(); });
const allowing = () => act(_("恢复自动保存"), () => { allow(); keep(); });

function tellState() {
  if (declined()) tell(_("不在这台设备上保存草稿，关掉页面就没有了。"), allowing());
  else tell(_("已自动保存在本机，提交后清除。"), emptying(), declining());
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
  for (const text of answers()) {
    if (text.value) continue;
    text.value = typed[text.name] ?? "";
    found ||= Boolean(text.value);
  }
  if (declined()) tellState();
  else if (found) tell(_("已带入您在这台设备上写过、还没有提交的文字。"), emptying(), declining());
}

function keep() {
  if (sentAlready) return;
  const typed = {};
  for (const piece of pieces()) if (textOf(piece).value) typed[piece.dataset.anchor] = textOf(piece).value;
  for (const text of answers()) if (text.value) typed[text.name] = text.value; // no anchor begins so
  for (const item of tray.items(slug)) {
    const piece = pieces().find((one) => one.dataset.anchor === item.anchor);
    if (piece && textOf(piece).value !== item.content) { tray.drop(slug, item.anchor); }
  }
  if (declined() || drafts.set("typed", slug, JSON.stringify(typed))) tellState();
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

/** Back, after sending: the browser brings the words back; say that they have arrived, and offer an empty form. */
function cameBack(event) {
  const back = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  sentAlready = back && hasArrived(slug) && written();
  if (!sentAlready) { beginAnew(); return; }
  const again = document.createElement("a");
  again.className = "act";
  again.href = form.action;
  again.textContent = _("另写一份");
  tell(_("这份意见已经提交成功，不用再提交。"), again);
}

if (form) {
  addEventListener("pageshow", cameBack); // not before: only then has the browser put the words back
  bringIn();
  let timer;
  form.addEventListener("input", (event) => {
    if (!event.target.closest("[data-piece], textarea[name^='answer-']")) return;
    sentAlready = false;
    clearTimeout(timer);
    timer = setTimeout(keep, 400);
  });
  addEventListener("storage", (event) => {
    const elsewhere = event.key === `typed:${slug}` && event.newValue === null && written() && !document.hasFocus();
    if (elsewhere) tell(_("这份草稿刚才在另一个页面里提交或者清空了，请核对一下，免得重复提交。"), emptying());
  });
  addEventListener("pagehide", () => { if (written()) keep(); });
  form.addEventListener("click", dropping);
  form.addEventListener("submit", (event) => { if (event.submitter?.value === "send") sending(slug); });
  prove(form, written);
}

const sent = document.querySelector("[data-sent]");
if (sent?.dataset.sent) arrived(sent.dataset.sent);
