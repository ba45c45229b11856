// The tray (意见单): what the reader wrote under articles, kept on this device until it is sent.
import { drafts } from "./drafts.js";

/** @returns {{anchor: string, title: string, quote: string, content: string}[]} what lies in the tray, in the order of writing. */
export function items(slug) {
  try {
    const kept = JSON.parse(drafts.get("tray", slug) ?? "[]");
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
  return drafts.set("tray", slug, JSON.stringify(all));
}

/** Takes everything on one article out of the tray. */
export function drop(slug, anchor) {
  const left = items(slug).filter((item) => item.anchor !== anchor);
  if (left.length) drafts.set("tray", slug, JSON.stringify(left));
  else drafts.remove("tray", slug);
}
