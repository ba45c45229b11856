// Proof of work in place of a picture puzzle: begun at the first letter, in a worker, unseen. Whatever goes wrong, the form
// can be sent without it: the server then has a moderator look at it by itself.
const WORKER = new URL("../vendor/altcha-2.3.0/worker.js", import.meta.url);
const SOLVE_MS = 120_000;
const RETRY_MS = 30_000;

function solve(challenge) {
  return new Promise((resolve) => {
    const worker = new Worker(WORKER);
    const end = (found) => { clearTimeout(timer); worker.terminate(); resolve(found); };
    const timer = setTimeout(() => end(null), SOLVE_MS);
    worker.onmessage = (event) => end(event.data);
    worker.onerror = () => end(null);
    worker.postMessage({ type: "work", payload: challenge, max: challenge.maxNumber });
  });
}

async function solution(address, token) {
  const answer = await fetch(`${address}?token=${encodeURIComponent(token)}`, { cache: "no-store" });
  if (!answer.ok) return null;
  const challenge = await answer.json();
  const found = await solve(challenge);
  if (!found) return null;
  const { algorithm, challenge: hash, salt, signature } = challenge;
  const value = btoa(JSON.stringify({ algorithm, challenge: hash, number: found.number, salt, signature, took: found.took }));
  return { value, goodMs: challenge.validSeconds * 1000 };
}

/** Solves the form's challenge once something is written in it, and again before the solution runs out. */
export function prove(form, written) {
  const address = form.dataset.proof;
  if (!address || !globalThis.Worker || !globalThis.crypto?.subtle) return;
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "altcha" });
  form.append(field);
  let begun = false;
  const go = async () => {
    const found = await solution(address, form.elements.token.value).catch(() => null);
    if (found) field.value = found.value;
    setTimeout(go, found ? found.goodMs * 0.8 : RETRY_MS);
  };
  const begin = () => { if (begun) return; begun = true; go(); };
  form.addEventListener("input", begin);
  if (written()) begin();
}
