// What every page has: menus, dialogs, copy buttons, messages, ticking run times, and live updates that keep what only
// the browser knows. Everything works on events of the document, so swapped-in content needs no set-up.

const words = document.getElementById("words")?.dataset ?? {};

// -- live updates ------------------------------------------------------------------------------------------------------
// `data-keep="open"`: a morph does not touch these attributes of the element (an open <details>, an expanded row).
globalThis.htmx?.registerExtension("keep", {
  htmx_before_morph_attr(element, { attrName }) {
    return !(element.dataset.keep ?? "").split(" ").includes(attrName) && undefined;
  },
});

// -- addresses ---------------------------------------------------------------------------------------------------------
// A filter that is not set is left out of the page's address.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (!ctx.sourceElement.matches("form[data-clean-url]")) return;
  for (const [name, value] of [...ctx.request.body]) if (value === "") ctx.request.body.delete(name);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-navigates]")) location.assign(event.target.value);
});

// -- menus: one open at a time; Escape and a click elsewhere close it -----------------------------------------------------
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// -- a link that is drawn as a button is pressed like one -------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.("a[role=button]")) return;
  event.preventDefault();
  event.target.click();
});

// -- one submit a click: where a key makes a second one harmless, this makes it invisible ---------------------------------
const buttonsOf = (form) => [...form.elements].filter((element) => element.type === "submit");
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-once]")) return;
  // Once the browser has read the form: a button that is disabled says nothing of itself.
  setTimeout(() => event.defaultPrevented || buttonsOf(event.target).forEach((button) => (button.disabled = true)));
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) for (const button of buttonsOf(form)) button.disabled = button.hasAttribute("data-blocked");
});

// -- dialogs -----------------------------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
  if (event.target.closest("[data-dialog-close]")) {
    event.preventDefault(); // without scripts it is a link back
    event.target.closest("dialog").close();
  } else if (event.target.matches("dialog")) {
    event.target.close(); // the backdrop
  }
});
// A dialog that came from the server opens at once, and is gone when it closes.
document.addEventListener("htmx:after:swap", () => {
  const dialog = document.querySelector("#dialog-host > dialog:not([open])");
  if (!dialog) return;
  dialog.addEventListener("close", () => dialog.remove(), { once: true });
  dialog.showModal();
});
document.addEventListener("close-dialog", () => document.querySelector("#dialog-host > dialog")?.close());

// -- messages ----------------------------------------------------------------------------------------------------------
export function say(text, tone = "info") {
  const host = document.getElementById("toasts");
  if (!host) return;
  const toast = document.createElement("div");
  toast.className = `notice notice-${tone}`;
  const body = document.createElement("div");
  body.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close ms-auto";
  close.setAttribute("aria-label", words.dismiss ?? "");
  close.addEventListener("click", () => toast.remove());
  toast.append(body, close);
  host.append(toast);
  setTimeout(() => toast.remove(), tone === "danger" ? 15000 : 6000);
}
// What the server refused: its reason comes as plain text (console/web/errors.py). Polls and streams try again by themselves.
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  if (ctx.sourceElement?.closest("[data-quiet]") || ctx.response.status === 422) return;
  const plain = ctx.response.headers.get("Content-Type")?.startsWith("text/plain");
  say(plain ? ctx.text : words.noAnswer, "danger");
});
document.addEventListener("htmx:error", ({ target }) => {
  if (!target.closest?.("[data-quiet]")) say(words.noAnswer, "danger");
});
// The line about the data's age is asked for every few seconds: when even that fails, the console itself is away.
let heard = new Date();
document.addEventListener("htmx:after:request", ({ target, detail: { ctx } }) => {
  if (target.id === "staleness" && ctx.response.status < 500) heard = new Date();
});
document.addEventListener("htmx:error", ({ target }) => {
  if (target.id !== "staleness") return;
  const notice = document.createElement("div");
  notice.className = "notice notice-danger";
  notice.textContent = words.offline.replace("{time}", heard.toLocaleTimeString(document.documentElement.lang));
  target.replaceChildren(notice);
});
document.addEventListener("say", ({ detail }) => say(detail.value ?? detail.text, detail.tone));

// -- copy --------------------------------------------------------------------------------------------------------------
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.dataset.copyFrom ? document.getElementById(button.dataset.copyFrom)?.textContent : null;
  await copy(source ?? button.dataset.copy);
  button.classList.add("copied");
  say(words.copied);
  setTimeout(() => button.classList.remove("copied"), 1500);
});
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea"); // plain HTTP from another host has no clipboard API
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// -- run times tick ----------------------------------------------------------------------------------------------------
// <time data-ticking="ISO start">: the server draws the first value in these same words (templatetags/figures.py).
const chinese = document.documentElement.lang.startsWith("zh");
const two = (number) => String(number).padStart(2, "0");
export function duration(seconds) {
  const [d, h, m, s] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  if (d) return chinese ? `${d} 天 ${two(h)} 小时` : `${d} d ${two(h)} h`;
  if (h) return chinese ? `${h} 小时 ${two(m)} 分` : `${h} h ${two(m)} min`;
  if (m) return chinese ? `${m} 分 ${two(s)} 秒` : `${m} min ${two(s)} s`;
  return chinese ? `${s} 秒` : `${s} s`;
}
// The server's clock counts, not this machine's: the page says what time it was drawn at.
const drawn = Date.parse(document.documentElement.dataset.now ?? "") || Date.now();
const skew = drawn - Date.now() + Math.round(performance.now());
setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-ticking]")) {
    const seconds = Math.max(0, Math.floor((Date.now() + skew - Date.parse(time.dataset.ticking)) / 1000));
    const text = duration(seconds);
    if (time.textContent !== text) time.textContent = text;
  }
}, 1000);
