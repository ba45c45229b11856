// HTML from elsewhere (Word, WPS, a web page, what is stored) as the elements that a notice may hold, and nothing else.
// The list is consult/drafting/rich_text.py's; the server cleans again.

const KEPT = new Set([
  "P", "BR", "H2", "H3", "H4", "STRONG", "EM", "B", "I", "U", "UL", "OL", "LI", "BLOCKQUOTE", "TABLE", "THEAD", "TBODY", "TR", "TH",
  "TD", "A", "HR", "SUB", "SUP",
]);
const DROPPED = new Set(["SCRIPT", "STYLE", "HEAD", "TITLE", "META", "LINK", "OBJECT", "IFRAME", "SVG"]);
const NEAREST = { H1: "H2", H5: "H4", H6: "H4" };
const BLOCKS = ["DIV", "SECTION", "ARTICLE", "HEADER", "FOOTER", "MAIN", "PRE", "ADDRESS", "CENTER"];
const LAID_OUT = new Set(["TABLE", "THEAD", "TBODY", "TR", "UL", "OL"]);
export const ADDRESS = /^(https?:|mailto:|tel:)/i;
const BULLET = /^[·•●○◦▪■□◆–—\-o*§]$/;

/** HTML as a tree that never runs nor draws. Of inline styles only what a notice keeps of them is left, as data-was. */
export function parsed(html) {
  const holder = document.createElement("template");
  const looks = (_, before, value) => {
    const was = [
      /mso-list:\s*ignore/i.test(value) && "mark", /mso-list:\s*l\d/i.test(value) && "item",
      /font-weight:\s*(bold|[6-9]00)/i.test(value) && "bold", /font-style:\s*italic/i.test(value) && "italic",
    ].filter(Boolean).join(" ");
    return was ? `${before} data-was="${was}"` : before;
  };
  holder.innerHTML = html
    .replace(/<style\b[^]*?<\/style\s*>/gi, "")
    .replace(/(<[^>]*?)\sstyle\s*=\s*("[^"]*"|'[^']*')/gi, looks);
  return holder.content;
}

/** A copy of the tree's content in kept elements alone. */
export function cleaned(node) {
  const out = document.createDocumentFragment();
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      if (!(LAID_OUT.has(node.nodeName) && !child.data.trim())) out.append(child.data.replace(/\s*\n\s*/g, " "));
    } else if (child.nodeType === Node.ELEMENT_NODE && !DROPPED.has(child.tagName)) out.append(copied(child));
  }
  return out;
}

function copied(element) {
  const inner = cleaned(element);
  const tag = NEAREST[element.tagName] ?? element.tagName;
  if (!KEPT.has(tag)) {
    if (BLOCKS.includes(tag) && inner.textContent.trim() && !inner.querySelector("p, table, ul, ol, h2, h3, h4, blockquote")) return wrapped("p", inner);
    const was = element.dataset?.was ?? "";
    if (!inner.textContent.trim()) return inner;
    if (/\bitalic\b/.test(was)) return wrapped("i", /\bbold\b/.test(was) ? wrapped("b", inner) : inner);
    return /\bbold\b/.test(was) ? wrapped("b", inner) : inner;
  }
  const copy = wrapped(tag, inner);
  const href = element.getAttribute("href") ?? "";
  if (tag === "A" && !ADDRESS.test(href)) return inner.childNodes.length ? inner : fragment(copy.childNodes);
  if (tag === "A") { copy.setAttribute("href", href); if (element.title) copy.title = element.title; }
  for (const name of ["colspan", "rowspan"]) if (element.hasAttribute(name)) copy.setAttribute(name, element.getAttribute(name));
  return copy;
}

function wrapped(tag, inner) {
  const element = document.createElement(tag);
  element.append(inner);
  return element;
}

function fragment(nodes) {
  const out = document.createDocumentFragment();
  out.append(...nodes);
  return out;
}

/**
 * Word's lists are paragraphs with the mark before their words. Runs of bullets, and of numbers from 1 on, become lists; any other
 * mark ("一、", "（二）", "5.") stays as words, for no list could print it.
 */
export function listed(tree) {
  let list = null;
  for (const item of [...tree.querySelectorAll("p")]) {
    const mark = item.querySelector("[data-was~=mark]");
    const words = mark?.textContent.trim() ?? "";
    const number = /^(\d+)[.、．)]$/.exec(words)?.[1];
    const tag = !/\bitem\b/.test(item.dataset.was ?? "") || !mark ? null : BULLET.test(words) ? "UL" : number ? "OL" : null;
    const goesOn = list && list.tagName === tag && list.nextElementSibling === item;
    if (!tag || (tag === "OL" && Number(number) !== (goesOn ? list.children.length + 1 : 1))) {
      if (mark) mark.textContent = words;
      list = null;
      continue;
    }
    if (!goesOn) { list = document.createElement(tag); item.before(list); }
    mark.remove();
    list.append(wrapped("li", fragment([...item.childNodes])));
    item.remove();
  }
  return tree;
}

/** Pasted or stored HTML for the editor: safe, Word's lists as lists, no empty paragraphs of Word's. */
export function safe(html) {
  const out = cleaned(listed(parsed(html)));
  for (const p of out.querySelectorAll("p")) if (!p.textContent.trim() && !p.querySelector("br")) p.remove();
  return out;
}
