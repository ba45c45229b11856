// Helps while drafting: rich text in the notice, the period counted as one types, a warning before leaving unsaved words.
// The pages work without any of it: the text areas then hold HTML or plain words, and "试算" is a form.
import { rich } from "./editor.js";
import { parsed } from "./pasted.js";

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
