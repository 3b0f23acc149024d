// Runs before the first paint, from a file of its own because the policy forbids inline scripts: no flash.
// Without a choice (the server writes it into the page from the cookie) the page follows the system.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
function follow() {
  if ("themeFollowsSystem" in root.dataset) root.dataset.bsTheme = system.matches ? "dark" : "light";
}
follow();
system.addEventListener("change", follow);

// Here because this file runs before all others: a script that was lost on the way leaves buttons that do nothing.
addEventListener("error", ({ target }) => target instanceof HTMLScriptElement && (root.dataset.scriptLost = ""), true);

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-form]")) return;
  event.preventDefault();
  const theme = event.submitter.value;
  root.dataset.bsTheme = theme;
  delete root.dataset.themeFollowsSystem;
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax${secure}`;
  event.target.querySelector(theme === "dark" ? ".when-dark" : ".when-light").focus();
  document.dispatchEvent(new CustomEvent("theme-changed", { detail: theme }));
});
