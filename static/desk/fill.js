// Puts a reason of the library into the form without leaving what is typed elsewhere; without script the link does it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fill]");
  if (!link || event.metaKey || event.ctrlKey) return;
  const place = document.getElementById(link.dataset.fill);
  if (!place) return;
  event.preventDefault();
  place.value = link.dataset.words;
  if (place.form.elements.template) place.form.elements.template.value = link.dataset.template || "";
  const choice = document.querySelector(`#${CSS.escape(link.dataset.check)} input[value="${CSS.escape(link.dataset.value)}"]`);
  if (choice && !document.querySelector(`#${CSS.escape(link.dataset.check)} input:checked`)) choice.checked = true;
  link.closest("details")?.removeAttribute("open");
  place.focus();
});

for (const box of document.querySelectorAll("[data-check-all]")) {
  box.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[name="${box.dataset.checkAll}"]`)) one.checked = box.checked;
  });
}
