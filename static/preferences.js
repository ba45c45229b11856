// Runs before the first paint, so that a chosen theme or text size never flashes. Everything else waits in app.js.
(function () {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    const text = localStorage.getItem("text");
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
    if (text === "large") root.dataset.text = text;
  } catch { /* storage may be switched off; the page works without it */ }
})();
