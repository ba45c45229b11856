// Where unsent words wait on this device. On a shared computer the reader declines: nothing typed is kept then, and the tray
// lasts only as long as its tab. Imported by the others; does nothing by itself.
import { device } from "../device.js";

const DECLINED = "no-drafts";
const KINDS = ["tray", "typed", "boxes"];
const tab = {
  get(key) { try { return sessionStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem(key, value); return true; } catch { return false; } },
  remove(key) { try { sessionStorage.removeItem(key); } catch { /* nothing was kept */ } },
};

/** Whether the reader asked that this device keeps nothing. */
export const declined = () => device.get(DECLINED) === "1";

const place = (kind) => (!declined() ? device : kind === "tray" ? tab : null);

/** Reads and writes what was written on one consultation; kinds are "tray", "typed" and "boxes". */
export const drafts = {
  get: (kind, slug) => place(kind)?.get(`${kind}:${slug}`) ?? null,
  set: (kind, slug, value) => place(kind)?.set(`${kind}:${slug}`, value) ?? false,
  remove: (kind, slug) => { for (const store of [device, tab]) store.remove(`${kind}:${slug}`); },
};

/** Forgets all that this device kept about one consultation. */
export function forget(slug) {
  for (const kind of KINDS) drafts.remove(kind, slug);
}

/** Declines: what was kept about any consultation goes at once; the open tray moves into its tab. */
export function decline(slug) {
  const open = drafts.get("tray", slug);
  try {
    for (const key of Object.keys(localStorage)) if (KINDS.includes(key.split(":")[0])) localStorage.removeItem(key);
  } catch { /* storage is switched off: nothing was kept */ }
  device.set(DECLINED, "1");
  if (open) drafts.set("tray", slug, open);
}

/** Keeps words on this device again. */
export const allow = () => device.remove(DECLINED);

/** Notes in this tab that a form is on its way, so that Back doesn't bring its words back as a draft. */
export const sending = (slug) => tab.set("sending", slug);

/** Notes that what was on its way has arrived; a receipt looked at again later leaves newer words alone. */
export function arrived(slug) {
  if (tab.get("sending") !== slug) return;
  tab.remove("sending");
  tab.set("sent", slug);
  forget(slug);
}

/** Whether the last form sent from this tab was one of this consultation, and has arrived. */
export const hasArrived = (slug) => tab.get("sent") === slug;

/** Begins anew: what is written from here on is a draft again. */
export const beginAnew = () => tab.remove("sent");

/** Returns a button of the quiet kind. */
export function act(words, then) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "act";
  button.textContent = words;
  button.addEventListener("click", then);
  return button;
}
