// Rich text on Squire (static/vendor/squire-rte-2.4.8). The textarea stays the form's field and holds the HTML; without script it is
// all there is. What nobody edits is sent back as it came.
import Squire from "../vendor/squire-rte-2.4.8/squire.mjs";
import { ADDRESS, safe } from "./pasted.js";

const BLOCKS = ["H2", "H3", "H4"];
const inline = (tag, add, remove) => ({ on: (editor) => editor.hasFormat(tag), act: (editor, on) => editor[on ? remove : add]() });
const heading = (tag) => ({ on: (editor) => within(editor, tag), act: (editor, on) => blocks(editor, on ? "P" : tag) });
const list = (tag, make) => ({ on: (editor) => within(editor, tag), act: (editor, on) => editor[on ? "removeList" : make]() });

const TOOLS = [
  ["加粗", inline("B", "bold", "removeBold")], ["斜体", inline("I", "italic", "removeItalic")],
  ["一级标题", heading("H2")], ["二级标题", heading("H3")], ["三级标题", heading("H4")],
  ["项目符号", list("UL", "makeUnorderedList")], ["编号", list("OL", "makeOrderedList")],
  ["引用", { on: (editor) => within(editor, "BLOCKQUOTE"), act: (editor, on) => editor[on ? "removeQuote" : "increaseQuoteLevel"]() }],
  ["链接", { on: (editor) => editor.hasFormat("A"), act: (editor, on, ask) => (on ? editor.removeLink() : ask()) }],
  ["清除格式", { act: (editor) => editor.removeAllFormatting() }],
  ["撤销", { act: (editor) => editor.undo() }], ["重做", { act: (editor) => editor.redo() }],
];

/** Whether the selection begins inside such an element. */
function within(editor, tag) {
  const start = editor.getSelection().startContainer;
  const element = start.nodeType === Node.ELEMENT_NODE ? start : start.parentElement;
  const found = element?.closest(tag);
  return Boolean(found && editor.getRoot().contains(found));
}

/** Turn the selected paragraphs and headings into blocks of this kind; cells, items and quotes keep theirs. */
function blocks(editor, tag) {
  editor.modifyBlocks((content) => {
    for (const block of content.querySelectorAll(["P", ...BLOCKS].join())) {
      if (block.closest("li, td, th")) continue;
      const fresh = document.createElement(tag);
      fresh.append(...block.childNodes);
      block.replaceWith(fresh);
    }
    return content;
  });
  editor.focus();
}

/** The HTML as it is stored: <strong> and <em>, rules and items of a list without the paragraphs that the editor needs around them. */
function written(editor) {
  const holder = editor.getRoot().cloneNode(true);
  for (const [tag, name] of [["b", "strong"], ["i", "em"], ["div", "p"]]) {
    for (const element of holder.querySelectorAll(tag)) {
      const fresh = document.createElement(name);
      fresh.append(...element.childNodes);
      element.replaceWith(fresh);
    }
  }
  for (const rule of holder.querySelectorAll("p > hr")) rule.parentElement.before(rule);
  for (const block of holder.querySelectorAll("p, li, td, th, h2, h3, h4")) {
    if (block.lastChild?.nodeName === "BR") block.lastChild.remove();
  }
  for (const p of holder.querySelectorAll("hr + p:empty")) p.remove();
  for (const p of holder.querySelectorAll("li > p:first-child")) if (!p.parentElement.querySelector(":scope > p + p")) p.replaceWith(...p.childNodes);
  while (holder.lastChild?.nodeName === "BR" || holder.lastElementChild?.matches("p:empty")) holder.lastChild.remove();
  return holder.textContent.trim() || holder.querySelector("hr, table") ? holder.innerHTML.replaceAll("\u200b", "") : "";
}

/** What stands in the field as HTML: plain lines, as somebody without script writes them, become paragraphs. */
function asHtml(value) {
  if (/<[a-z]/i.test(value)) return value;
  const holder = document.createElement("div");
  for (const line of value.split(/\n+/).filter((words) => words.trim())) {
    const p = document.createElement("p");
    p.textContent = line;
    holder.append(p);
  }
  return holder.innerHTML;
}

function made(tag, properties = {}, attributes = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) if (value) element.setAttribute(name, value);
  return element;
}

/** The line in which an address is typed; open() shows it, and the focus comes back to the text. */
function linkLine(area, editor) {
  const line = made("div", { className: "rich-link row", hidden: true });
  const label = made("label", { textContent: "链接地址", htmlFor: `${area.id}-address` });
  const input = made("input", { className: "input input-short", type: "text", id: `${area.id}-address`, autocomplete: "off" }, { inputmode: "url" });
  const add = made("button", { type: "button", className: "btn btn-quiet btn-small", textContent: "添加链接" });
  const cancel = made("button", { type: "button", className: "btn btn-plain btn-small", textContent: "取消" });
  const wrong = made("p", { className: "error", hidden: true, textContent: "地址应为网址、电子邮件地址或者电话。" }, { role: "alert" });
  line.append(label, input, add, cancel, wrong);
  const close = () => { line.hidden = true; editor.focus(); };
  const put = () => {
    const typed = input.value.trim();
    const address = /^[^\s@:/]+@[^\s@]+$/.test(typed) ? `mailto:${typed}` : /^[\w-]+(\.[\w-]+)+(\/|$)/.test(typed) ? ["https:", "", typed].join("/") : typed;
    wrong.hidden = ADDRESS.test(address);
    if (!wrong.hidden) { input.focus(); return; }
    close();
    editor.makeLink(address);
  };
  add.addEventListener("click", put);
  cancel.addEventListener("click", close);
  line.addEventListener("input", (event) => event.stopPropagation());
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); put(); }
    if (event.key === "Escape") close();
  });
  return { line, open: () => { input.value = ""; wrong.hidden = true; line.hidden = false; input.focus(); } };
}

/** A toolbar as the ARIA practices have it: one stop of the tab key, arrows move within. */
function toolbar(name, editor, ask) {
  const bar = made("div", { className: "rich-bar" }, { role: "toolbar", "aria-label": `${name}的格式` });
  const shown = TOOLS.map(([words, tool]) => {
    const button = made("button", { type: "button", textContent: words, tabIndex: -1 });
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => { tool.act(editor, tool.on?.(editor), ask); refresh(); });
    bar.append(button);
    return [button, tool];
  });
  const refresh = () => { for (const [button, tool] of shown) if (tool.on) button.setAttribute("aria-pressed", String(tool.on(editor))); };
  const buttons = shown.map(([button]) => button);
  buttons[0].tabIndex = 0;
  bar.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });
  for (const type of ["pathChange", "select", "input"]) editor.addEventListener(type, refresh);
  refresh();
  return bar;
}

/** Put an editor in the place of a textarea. */
export function rich(area) {
  const box = made("div", { className: "input rich", id: `${area.id}-rich` }, {
    role: "textbox", "aria-multiline": "true", "aria-label": area.dataset.rich,
    "aria-describedby": area.getAttribute("aria-describedby"), "aria-invalid": area.getAttribute("aria-invalid"),
  });
  const stored = area.value;
  area.before(box);
  const editor = new Squire(box, { blockTag: "P", addLinks: false, sanitizeToDOMFragment: safe, didError: (error) => { throw error; } });
  for (const key of ["Tab", "Shift-Tab"]) editor.setKeyHandler(key, null); // the tab key leaves the text
  editor.setHTML(asHtml(stored.trim()));
  const link = linkLine(area, editor);
  box.before(toolbar(area.dataset.rich, editor, link.open), link.line);
  const opened = editor.getHTML();
  editor.addEventListener("input", () => {
    area.value = editor.getHTML() === opened ? stored : written(editor);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  area.hidden = true;
  for (const way of document.querySelectorAll(`label[for="${area.id}"], a[href="#${area.id}"]`)) {
    way.addEventListener("click", (event) => { event.preventDefault(); editor.focus(); box.scrollIntoView({ block: "nearest" }); });
  }
}
