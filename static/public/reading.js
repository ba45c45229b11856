// Reading and writing in one place: contents that follow the reader, select words → a box under that article → the tray.
// Without this script the same links lead to the form with the article chosen.
import { _, say } from "../device.js";
import { act, decline, declined, drafts } from "./drafts.js";
import * as tray from "./tray.js";

const draft = document.querySelector("[data-draft]");
const slug = draft?.dataset.slug ?? "";
const QUOTE_CHARACTERS = 500;

function followReader() {
  const links = [...document.querySelectorAll("[data-toc] a")];
  const places = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1)))).filter(Boolean);
  if (!places.length) return;
  const show = () => {
    let here = 0;
    places.forEach((place, at) => { if (place.getBoundingClientRect().top < 120) here = at; });
    const name = document.querySelector("[data-toc-here]");
    if (name) name.textContent = links[here].firstElementChild.textContent;
    links.forEach((link) => {
      const on = link.hash === `#${places[here].id}`;
      link.classList.toggle("here", on);
      if (on) link.setAttribute("aria-current", "location"); else link.removeAttribute("aria-current");
    });
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; show(); });
  }, { passive: true });
  show();
  const drawer = document.querySelector("[data-toc]");
  drawer.addEventListener("click", (event) => {
    if (event.target.closest("a") && !matchMedia("(min-width: 62rem)").matches) drawer.open = false;
  });
}

function boxes() {
  try { return JSON.parse(drafts.get("boxes", slug) ?? "{}"); } catch { return {}; }
}

function keepBox(anchor, text) {
  const all = boxes();
  if (text) all[anchor] = text; else delete all[anchor];
  return drafts.set("boxes", slug, JSON.stringify(all));
}

function element(tag, options = {}, ...children) {
  const made = Object.assign(document.createElement(tag), options);
  made.append(...children);
  return made;
}

function openBox(article, quote = "") {
  const anchor = article.dataset.anchor;
  let box = article.querySelector(".box");
  if (!box) {
    const id = `say-${anchor}`;
    const label = element("label", { htmlFor: id });
    const text = element("textarea", { id, className: "input", maxLength: 20000, placeholder: _("哪里不合适，建议怎么改，为什么。") });
    text.value = boxes()[anchor] ?? "";
    const state = element("span", { className: "muted saved" });
    const putIn = element("button", { type: "button", className: "btn btn-small", textContent: _("放入意见单") });
    const close = element("button", { type: "button", className: "act", textContent: _("收起") });
    box = element("div", { className: "box" }, label, text, element("div", { className: "row" }, putIn, close, state));
    article.querySelector(".acts").before(box);
    const tellKept = (words) => {
      if (declined()) state.textContent = _("不在这台设备上保存草稿。");
      else if (!words) state.textContent = "";
      else if (!state.textContent) state.append(_("已自动保存在本机"), act(_("公用电脑，不要保存"), () => { decline(slug); tellKept(words); text.focus(); }));
    };
    text.addEventListener("input", () => { keepBox(anchor, text.value); tellKept(text.value); });
    putIn.addEventListener("click", () => putIntoTray(article, box, text));
    close.addEventListener("click", () => { box.hidden = true; article.classList.remove("chosen"); article.querySelector("[data-say]")?.focus(); });
  }
  box.hidden = false;
  box.dataset.quote = quote;
  const short = quote.length > 40 ? quote.slice(0, 40) + "…" : quote;
  box.querySelector("label").textContent = quote
    ? _("对“%(quote)s”的意见", { quote: short })
    : _("对%(place)s的意见", { place: article.dataset.title });
  article.classList.add("chosen");
  box.querySelector("textarea").focus();
}

function putIntoTray(article, box, text) {
  const content = text.value.trim();
  if (!content) { say(_("还没有写。请先写下意见。")); text.focus(); return; }
  const item = { anchor: article.dataset.anchor, title: article.dataset.title, quote: box.dataset.quote ?? "", content };
  if (!tray.put(slug, item)) { location.href = article.querySelector("[data-say]").href; return; }
  keepBox(item.anchor, "");
  box.remove();
  article.classList.remove("chosen");
  showTray();
  say(_("已放入意见单，共 %(n)s 条。写完请点“核对并提交”。", { n: tray.items(slug).length }));
  article.querySelector("[data-say]").focus();
}

function showTray() {
  const bar = document.querySelector("[data-tray]");
  if (!bar) return;
  const place = (item) => [...draft.querySelectorAll(".article")].findIndex((article) => article.dataset.anchor === item.anchor);
  const all = tray.items(slug).sort((a, b) => place(a) - place(b));
  bar.querySelector("[data-tray-empty]").hidden = all.length > 0;
  bar.querySelector("[data-tray-full]").hidden = all.length === 0;
  bar.querySelector("[data-tray-count]").textContent = String(all.length);
  bar.querySelector("[data-tray-names]").textContent = all.map((item) => item.title.split(/（| \(/)[0]).join(_("、"));
  const go = bar.querySelector("[data-tray-go]");
  go.textContent = all.length ? _("核对并提交") : _("提意见");
  const query = all.map((item) => `anchor=${encodeURIComponent(item.anchor)}`).join("&");
  go.href = bar.dataset.comment + (query ? `?${query}` : "");
}

function selected() {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  const from = (range.startContainer.parentElement ?? range.startContainer).closest?.(".article");
  const start = range.startContainer.nodeType === Node.ELEMENT_NODE ? range.startContainer : range.startContainer.parentElement;
  if (!from || !draft.contains(from) || start.closest(".acts, .box")) return null;
  const words = selection.toString().replace(/\s+/g, " ").trim().slice(0, QUOTE_CHARACTERS);
  return words ? { article: from, words, range } : null;
}

function offerSelection() {
  const button = element("button", { type: "button", className: "btn btn-small selection-button", textContent: _("对选中的字句提意见"), hidden: true });
  document.body.append(button);
  let held = null;
  const update = () => {
    held = selected();
    button.hidden = !held;
    if (!held) return;
    const place = held.range.getBoundingClientRect();
    const left = Math.min(place.left, document.documentElement.clientWidth - button.offsetWidth - 12);
    button.style.left = `${Math.max(12, left) + scrollX}px`;
    button.style.top = `${place.bottom + scrollY + 8}px`;
  };
  document.addEventListener("selectionchange", () => { clearTimeout(update.timer); update.timer = setTimeout(update, 200); });
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    if (!held) return;
    const { article, words } = held;
    getSelection().removeAllRanges();
    button.hidden = true;
    openBox(article, words);
  });
}

followReader();
showTray();
if (draft?.dataset.comment) {
  draft.addEventListener("click", (event) => {
    const link = event.target.closest("[data-say]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openBox(link.closest(".article"));
  });
  offerSelection();
  for (const anchor of Object.keys(boxes())) {
    const article = document.getElementById(anchor);
    if (article?.matches(".article") && !location.hash) article.classList.add("begun");
  }
}
