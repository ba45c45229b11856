// Says below a text, while it is being written, what in it looks private and will be masked. Asks this site only, after a
// pause, and only about a text that has a number, an address of e-mail or a word that goes before a name.
import { _ } from "../device.js";

const PAUSE = 900;
const MAY_BE_PRIVATE = /[\p{N}@一二三四五六七八九零〇幺壹贰叁肆伍陆柒捌玖]|微|信|我叫|本人|姓名|联系|此致|经理|主任|书记/u;
const waiting = new WeakMap();

function place(text) {
  const id = `${text.id}-private`;
  let line = document.getElementById(id);
  if (line) return line;
  line = document.createElement("p");
  line.id = id;
  line.className = "looks-private";
  line.setAttribute("role", "status");
  line.hidden = true;
  text.after(line);
  text.setAttribute("aria-describedby", [text.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  return line;
}

function show(text, answer) {
  const line = place(text);
  const words = answer.found.map((datum) => _("“%(text)s”像%(kind)s", { text: datum.text.trim().slice(0, 40), kind: datum.kind }));
  line.hidden = !words.length;
  const said = words.length ? _("%(what)s，公开时会隐去。", { what: words.join(_("、")) }) : "";
  if (line.textContent !== said) line.textContent = said;
}

async function ask(form, text) {
  const written = text.value;
  if (!MAY_BE_PRIVATE.test(written)) { show(text, { found: [] }); return; }
  try {
    const response = await fetch(form.dataset.private, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: written }), cache: "no-store" });
    if (response.ok && text.value === written) show(text, await response.json());
  } catch { /* without an answer nothing is said; a moderator looks at every text */ }
}

for (const form of document.querySelectorAll("form[data-private]")) {
  form.addEventListener("input", (event) => {
    const text = event.target.closest("[data-piece] textarea, .answer-place textarea");
    if (!text) return;
    clearTimeout(waiting.get(text));
    waiting.set(text, setTimeout(() => ask(form, text), PAUSE));
  });
}
