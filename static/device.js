// What this device remembers, and how a script speaks to the reader. Imported by the others; does nothing by itself.

/** Reads and writes what the reader chose on this device; storage may be switched off. */
export const device = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); return true; } catch { return false; } },
  remove(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
};

const words = JSON.parse(document.getElementById("live")?.dataset.words ?? "{}");

/** Returns words in the language of the page, with values in the places that they name: _("共 %(n)s 条", { n: 3 }). */
export const _ = (source, values = {}) => (words[source] ?? source).replace(/%\((\w+)\)s/g, (_place, name) => values[name]);

/** Says something to the eye and to a screen reader, for a few seconds. */
export function say(words) {
  const place = document.getElementById("live");
  if (!place) return;
  place.textContent = words;
  place.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { place.classList.remove("shown"); place.textContent = ""; }, 4000);
}
