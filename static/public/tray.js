// The tray (意见单): what the reader wrote under articles, kept on this device until it is sent.
import { device } from "../device.js";

const key = (slug) => `tray:${slug}`;

/** @returns {{anchor: string, title: string, quote: string, content: string}[]} what lies in the tray, in the order of writing. */
export function items(slug) {
  try {
    const kept = JSON.parse(device.get(key(slug)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((item) => typeof item?.anchor === "string" && typeof item.content === "string") : [];
  } catch { return []; }
}

/** Puts an opinion into the tray; a second one on the same article joins the first, each after the words it is on. */
export function put(slug, item) {
  const all = items(slug);
  const before = all.find((one) => one.anchor === item.anchor);
  if (!before) all.push(item);
  else {
    const about = item.quote && item.quote !== before.quote ? `“${item.quote}”：` : "";
    before.content = `${before.content}\n\n${about}${item.content}`;
  }
  return device.set(key(slug), JSON.stringify(all));
}

/** Takes everything on one article out of the tray. */
export function drop(slug, anchor) {
  const left = items(slug).filter((item) => item.anchor !== anchor);
  if (left.length) device.set(key(slug), JSON.stringify(left));
  else device.remove(key(slug));
}

/** Forgets all that this device kept about one consultation. */
export function forget(slug) {
  for (const kind of ["tray", "typed", "boxes"]) device.remove(`${kind}:${slug}`);
}
