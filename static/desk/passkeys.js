// Makes and uses passkeys (WebAuthn): asks the server for what is to be signed, the browser for the answer, and sends it with
// the form. Binary values travel as base64url.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const listed = (credentials) => credentials?.map((credential) => ({ ...credential, id: bytes(credential.id) }));

async function options(form) {
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error("options");
  const given = await answer.json();
  given.challenge = bytes(given.challenge);
  if (given.user) given.user.id = bytes(given.user.id);
  for (const list of ["allowCredentials", "excludeCredentials"]) if (given[list]) given[list] = listed(given[list]);
  return { publicKey: given };
}

function plain(credential) {
  const { response } = credential;
  const fields = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const present = fields.filter((field) => response[field]);
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(present.map((field) => [field, text(response[field])])),
  };
}

async function send(form) {
  const button = form.querySelector("button");
  const error = form.querySelector("[data-passkey-error]");
  button.disabled = true;
  error.hidden = true;
  try {
    const credential = await navigator.credentials[form.dataset.passkey](await options(form));
    form.elements.answer.value = JSON.stringify(plain(credential));
    form.submit();
  } catch (reason) {
    const words = { NotAllowedError: "已取消或者超时，请重试。", InvalidStateError: "这台设备已经登记过。" };
    error.textContent = words[reason.name] ?? "未能完成，请重试或者使用其他方式。";
    error.hidden = false;
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) { form.hidden = true; continue; }
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
}
