// Follows work that goes on in the background: the part of the page that tells how far it is is looked at anew, and the
// whole page once the work is done. Without script the page reloads itself.

const EVERY = 1500;

async function look(region) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) { location.reload(); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-follow]");
    if (!fresh) { location.reload(); return; }
    region.replaceChildren(...fresh.childNodes);
  } catch {
    // the line is away for a moment: look again
  }
  setTimeout(look, EVERY, region);
}

for (const region of document.querySelectorAll("[data-follow]")) setTimeout(look, EVERY, region);
