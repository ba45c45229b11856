// Helps while drafting: rich text in the notice, the period counted as one types, a warning before leaving unsaved words.
// The pages work without any of it: the text areas then hold HTML or plain words, and "算一算" is a form.

const TOOLS = [
  ["bold", "加粗", "b"], ["formatBlock:h3", "小标题"], ["formatBlock:p", "正文"],
  ["insertUnorderedList", "列表"], ["insertOrderedList", "编号"], ["link", "链接"], ["removeFormat", "去掉格式"],
];
const KEPT = new Set(["P", "BR", "H2", "H3", "H4", "STRONG", "EM", "B", "I", "U", "UL", "OL", "LI", "BLOCKQUOTE", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "A", "HR", "SUB", "SUP"]);
const DROPPED = new Set(["SCRIPT", "STYLE", "HEAD", "TITLE", "META", "LINK", "OBJECT", "IFRAME", "SVG"]);

/** What was pasted, without the looks of where it came from. The server cleans it again. */
function cleaned(node) {
  const out = document.createDocumentFragment();
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) { out.append(child.data.replace(/\s*\n\s*/g, " ")); continue; }
    if (child.nodeType !== Node.ELEMENT_NODE || DROPPED.has(child.tagName)) continue;
    const inner = cleaned(child);
    if (!KEPT.has(child.tagName)) {
      const block = ["DIV", "SECTION", "ARTICLE", "H1", "H5", "H6"].includes(child.tagName);
      if (block && inner.textContent.trim()) { const p = document.createElement("p"); p.append(inner); out.append(p); } else out.append(inner);
      continue;
    }
    const copy = document.createElement(child.tagName);
    if (child.tagName === "A" && /^(https?:|mailto:|tel:)/i.test(child.getAttribute("href") ?? "")) copy.setAttribute("href", child.getAttribute("href"));
    for (const name of ["colspan", "rowspan"]) if (child.hasAttribute(name)) copy.setAttribute(name, child.getAttribute(name));
    copy.append(inner);
    out.append(copy);
  }
  return out;
}

/** HTML as a tree that never runs nor draws. */
function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.replace(/<style\b[^]*?<\/style\s*>/gi, "").replace(/(<[^>]*?)\sstyle\s*=\s*("[^"]*"|'[^']*')/gi, "$1");
  return holder.content;
}

function act(command, box) {
  box.focus();
  if (command === "link") {
    const address = prompt("网址，或者 mailto: 加邮箱：", "https:");
    if (address && /^(https?:|mailto:|tel:)/i.test(address)) document.execCommand("createLink", false, address);
    return;
  }
  const [name, value] = command.split(":");
  document.execCommand(name, false, value ? `<${value}>` : null);
}

function rich(area) {
  const label = document.querySelector(`label[for="${area.id}"]`);
  const box = document.createElement("div");
  box.className = "input rich";
  box.contentEditable = "true";
  box.id = `${area.id}-rich`;
  box.setAttribute("role", "textbox");
  box.setAttribute("aria-multiline", "true");
  box.setAttribute("aria-label", area.dataset.rich);
  if (area.getAttribute("aria-describedby")) box.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
  const html = area.value.trim();
  if (/<[a-z]/i.test(html)) box.append(cleaned(parsed(html)));
  else for (const line of html.split(/\n+/).filter(Boolean)) { const p = document.createElement("p"); p.textContent = line; box.append(p); }
  if (!box.firstChild) { const p = document.createElement("p"); p.append(document.createElement("br")); box.append(p); }
  const bar = document.createElement("div");
  bar.className = "rich-bar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", `${area.dataset.rich}的格式`);
  for (const [command, words] of TOOLS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => { act(command, box); store(); });
    bar.append(button);
  }
  const store = () => { area.value = box.textContent.trim() ? box.innerHTML : ""; area.dispatchEvent(new Event("input", { bubbles: true })); };
  document.execCommand("defaultParagraphSeparator", false, "p");
  box.addEventListener("input", store);
  box.addEventListener("paste", (event) => {
    const html = event.clipboardData.getData("text/html");
    if (!html) return;
    event.preventDefault();
    const holder = document.createElement("div");
    holder.append(cleaned(parsed(html)));
    document.execCommand("insertHTML", false, holder.innerHTML);
  });
  area.before(bar, box);
  area.hidden = true;
  label?.addEventListener("click", (event) => { event.preventDefault(); box.focus(); });
}

/** Counts the period while a day or a number of days is chosen. */
function counting(form) {
  const place = form.querySelector(".arithmetic");
  const [opens, days] = ["opens", "days"].map((name) => form.querySelector(`[name="${name}"]`));
  if (!place || !opens || !days) return;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    const query = new URLSearchParams({ opens: opens.value, days: days.value });
    try {
      const answer = await fetch(`${form.dataset.arithmetic}?${query}`, { headers: { Accept: "text/html" } });
      if (!answer.ok || mine !== asked) return;
      const fresh = parsed(await answer.text()).querySelector(".arithmetic");
      if (fresh) place.replaceChildren(...fresh.childNodes);
    } catch { /* the form still counts */ }
  };
  let timer = 0;
  for (const field of [opens, days]) field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 250); });
}

function unsaved(form) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

for (const area of document.querySelectorAll("textarea[data-rich]")) rich(area);
for (const form of document.querySelectorAll("form[data-arithmetic]")) counting(form);
for (const form of document.querySelectorAll("form[data-unsaved]")) unsaved(form);
