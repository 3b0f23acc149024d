// The terminal's page: joins the screen to the connection, and the buttons to both.
import { Connection } from "./terminal_connection.js";
import { fill, size } from "./terminal_frames.js";
import { Screen } from "./terminal_screen.js";

const words = JSON.parse(document.getElementById("terminal-words").textContent);
const page = document.getElementById("terminal");
const $ = (name) => page.querySelector(`[data-terminal="${name}"]`);
const [status, notice, select, connect, endButton] = ["status", "notice", "container", "connect", "end"].map($);
const remember = (name, value) => localStorage.setItem(`terminal-${name}`, value);
const remembered = (name, otherwise) => localStorage.getItem(`terminal-${name}`) ?? otherwise;
let limits = { idle_seconds: 1800 };

// One session a tab, pod and container: a reload comes back to it, another tab does not.
const storeKey = () => `terminal-session-${page.dataset.pod}-${select.value}`;
const store = {
  get: () => sessionStorage.getItem(storeKey()),
  set: (value) => (value ? sessionStorage.setItem(storeKey(), value) : sessionStorage.removeItem(storeKey())),
};
const connection = new Connection({ socketUrl: page.dataset.socket, ticketUrl: page.dataset.ticket, csrf: page.dataset.csrf, store });
let fontSize = Number(remembered("font", 14));
const screen = new Screen($("screen"), {
  fontSize,
  screenReader: remembered("reader", "") === "1",
  onInput: (text) => {
    if (notice.dataset.code === "closing-idle") tell("");
    connection.type(text);
  },
  onBytes: (bytes) => connection.typeBytes(bytes),
  onResize: ({ cols, rows }) => connection.resize(cols, rows),
  openLink,
  confirmPaste,
  isReplaying: () => connection.replaying,
});

// -- what the connection says ------------------------------------------------------------------------------------------
connection.addEventListener("output", ({ detail }) => screen.output(detail.data, detail.done));
connection.addEventListener("gap", ({ detail }) => screen.say(`… ${fill(words.notices.gap, { size: size(detail.to - detail.from) })} …`, detail.done));
connection.addEventListener("hello", ({ detail }) => {
  limits = detail.limits;
  if (detail.reset) screen.reset();
  if (detail.isNew) screen.say(words.page["new-shell"]);
});
connection.addEventListener("notice", ({ detail }) => {
  if (detail.code === "started") return (status.textContent = words.page.connected);
  const code = detail.code === "closing" ? `closing-${detail.reason}` : detail.code;
  tell(fill(words.notices[code] ?? "", detail), code);
});
connection.addEventListener("ended", ({ detail }) => {
  const text = endingText(detail);
  screen.say(`[${text}]`);
  tell(text, detail.reason, detail.abnormal);
});
connection.addEventListener("state", ({ detail }) => {
  const { state } = detail;
  page.dataset.state = state;
  const busy = state === "connecting" || state === "open" || state === "reconnecting";
  status.textContent = { connecting: words.page.connecting, open: openWord(detail), reconnecting: words.page.reconnecting, ended: words.page.ended }[state] ?? words.page["not-connected"];
  select.disabled = busy;
  connect.hidden = busy;
  endButton.hidden = !busy;
  connect.querySelector("span").textContent = store.get() ? words.page.reconnect : words.page.again;
  screen.term.options.disableStdin = state !== "open";
  if (state === "open") {
    tell("");
    screen.term.focus();
  }
});

function openWord({ resumed, started }) {
  if (!started) return words.page.starting;
  return resumed ? words.page.resumed : words.page.connected;
}

function endingText(ending) {
  let code = ending.reason;
  if (code === "exited" && ending.signal) code = "exited-signal";
  if (code === "container-ended" && ending.exit_code !== null) code = "container-ended-code";
  const text = fill(words.endings[code] ?? words.endings.failed, { ...ending, idle_minutes: Math.round(limits.idle_seconds / 60) });
  return ending.message ? `${text} (${ending.message})` : text;
}

function tell(text, code = "", abnormal = true) {
  notice.hidden = !text;
  notice.dataset.code = code;
  notice.classList.toggle("notice-warning", abnormal);
  notice.classList.toggle("notice-info", !abnormal);
  notice.firstElementChild.textContent = text;
}

// -- buttons -----------------------------------------------------------------------------------------------------------
const open = () => select.value && connection.open(select.value, () => screen.size);
connect.addEventListener("click", () => {
  if (!store.get()) screen.reset();
  open();
});
endButton.addEventListener("click", () => connection.endShell());
select.addEventListener("change", () => {
  tell("");
  $("kubectl").textContent = select.selectedOptions[0].dataset.kubectl;
});
function font(step) {
  fontSize = Math.min(28, Math.max(9, fontSize + step));
  remember("font", fontSize);
  screen.setFontSize(fontSize);
}
$("smaller").addEventListener("click", () => font(-1));
$("larger").addEventListener("click", () => font(1));
const reader = $("reader");
reader.checked = screen.term.options.screenReaderMode;
reader.addEventListener("change", () => {
  screen.term.options.screenReaderMode = reader.checked;
  remember("reader", reader.checked ? "1" : "");
});

// -- search ------------------------------------------------------------------------------------------------------------
const bar = $("search");
const field = $("search-text");
function search(back) {
  const found = back ? screen.searching.findPrevious(field.value) : screen.searching.findNext(field.value);
  $("search-result").textContent = field.value && !found ? words.page["no-match"] : "";
}
function toggleSearch(show = bar.hidden) {
  bar.hidden = !show;
  $("search-toggle").setAttribute("aria-expanded", String(show));
  if (show) field.select();
  else {
    screen.searching.clearDecorations();
    screen.term.focus();
  }
}
$("search-toggle").addEventListener("click", () => toggleSearch());
document.addEventListener("terminal-search", () => toggleSearch(true));
$("search-next").addEventListener("click", () => search(false));
$("search-previous").addEventListener("click", () => search(true));
field.addEventListener("input", () => search(false));
bar.addEventListener("keydown", (event) => {
  if (event.key === "Enter") search(event.shiftKey);
  if (event.key === "Escape") toggleSearch(false);
});

// -- dialogs -----------------------------------------------------------------------------------------------------------
function ask(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
}
function confirmPaste(text, lines) {
  $("paste-lines").textContent = lines;
  $("paste-text").textContent = text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
  return ask(document.getElementById("paste-dialog"));
}
async function openLink(uri) {
  let url;
  try {
    url = new URL(uri);
  } catch {
    return;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return;
  $("link-address").textContent = url.href;
  if (await ask(document.getElementById("link-dialog"))) window.open(url.href, "_blank", "noopener,noreferrer");
}

// -- the page around: its theme, and a copy button ----------------------------------------------------------------------
try {
  if (window.parent !== window) window.parent.document.addEventListener("theme-changed", ({ detail }) => (document.documentElement.dataset.bsTheme = detail));
} catch {
  // another origin's frame: the policy forbids it anyway
}
window.addEventListener("online", () => connection.state === "reconnecting" && connection.retry());

page.dataset.ready = "";
if (select.value && page.dataset.connect === "yes") open();
