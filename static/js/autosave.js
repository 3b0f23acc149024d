// Saves a step of the wizard while somebody types, and notices when another window has the same draft open.
// The form is sent as it is, with go=save: 204 with the draft's new version, 409 where another window was quicker.
// Nothing typed is ever replaced by a script: it stays in the page until somebody chooses.

import { isTooLarge, size, tell } from "./post_size.js";

const form = document.getElementById("wizard-form");
const words = document.getElementById("autosave").dataset;
const told = document.getElementById("kept");
const PAUSE = 1000; // ms without typing
const RETRY = [2000, 5000, 10000, 20000];
const UNSURE = 20000; // ms without an answer of the console
const KEEPALIVE_BYTES = 60000; // browsers take 64 KiB of them
const own = crypto.randomUUID?.() ?? String(Math.random()); // this page

let dirty = false; // typed, and not on its way yet
let conflict = false; // somebody has to choose
let over = false; // submitted, discarded: there is nothing to save to
let failures = 0;
let isLocked = false; // signed out since: whoever signs in again gets another CSRF token than the one of this page
let isForeign = false; // and who signed in since is somebody else
let heardAt = performance.now(); // when the console last knew this page
let timer = 0;
let sending = null; // the request that is on its way

const version = () => form.elements.version;
const show = (id, shown = true) => (document.getElementById(id).hidden = !shown);
// That it is being saved and was saved is no news to somebody who listens while typing; that it is not, is.
function say(text, live = "polite") {
  told.setAttribute("aria-live", live);
  told.textContent = text;
}

// -- saving --------------------------------------------------------------------------------------------------------------
function later(pause) {
  clearTimeout(timer);
  timer = setTimeout(save, pause);
}

function body() {
  const data = new FormData(form);
  data.set("go", "save");
  return new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
}

// Sends what is typed now; gives a promise that is settled once the server has it, or cannot have it.
function save({ keepalive = false } = {}) {
  clearTimeout(timer);
  if (sending) return sending.then(() => (dirty ? save({ keepalive }) : undefined));
  if (!dirty || conflict || over) return Promise.resolve();
  if (isTooLarge(form)) return Promise.resolve(say(words.tooLarge));
  dirty = false;
  if (!failures) say(words.saving, "off");
  const ready = isLocked && !keepalive ? unlock() : Promise.resolve();
  sending = ready.then(() => send(keepalive)).then(answered, failed).finally(() => (sending = null));
  return sending;
}

function send(keepalive) {
  return fetch(location.pathname, {
    method: "POST",
    body: body(),
    redirect: "manual",
    keepalive: keepalive && size(form) < KEEPALIVE_BYTES,
    signal: keepalive ? undefined : AbortSignal.timeout?.(15000),
  });
}

// Takes the token of today from a small page of this draft.
async function unlock() {
  const answer = await fetch(words.token, { redirect: "manual" });
  isForeign = answer.status === 404;
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRFToken": token }));
}

function answered(response) {
  const newest = response.headers.get("X-Draft-Version");
  if (response.status === 204) {
    const wasAway = failures > 0;
    failures = 0;
    isLocked = isForeign = false;
    heardAt = performance.now();
    version().value = newest;
    say(words.saved.replace("{time}", new Date().toLocaleTimeString(document.documentElement.lang, { hour12: false })), wasAway ? "polite" : "off");
    channel?.postMessage({ own, version: Number(newest) });
    document.dispatchEvent(new Event("draft-saved"));
    if (dirty) later(PAUSE);
    return;
  }
  dirty = true;
  if (response.status === 409 && newest === "submitted") return end("autosave-submitted");
  if (response.status === 409) return disagree(Number(newest));
  if (response.status === 404) return end(null, words.discarded);
  isLocked = response.type === "opaqueredirect" || response.status === 403;
  if (response.status === 413) return say(words.tooLarge);
  failed(null, isForeign ? words.somebodyElse : isLocked ? words.signedOut : words.away);
}

function failed(_error, text = words.away) {
  dirty = true;
  say(text);
  later(RETRY[Math.min(failures++, RETRY.length - 1)]);
}

function end(notice, text = "") {
  over = true;
  say(text);
  if (notice) show(notice);
}

// -- two windows -----------------------------------------------------------------------------------------------------------
let theirs = 0; // the newest version that another window has saved

function disagree(newest) {
  theirs = Math.max(theirs, newest);
  conflict = true;
  clearTimeout(timer);
  say("");
  show("autosave-open", false);
  show("autosave-conflict");
}

document.getElementById("autosave-mine").addEventListener("click", () => {
  version().value = theirs;
  conflict = false;
  dirty = true;
  show("autosave-conflict", false);
  save();
});
document.getElementById("autosave-theirs").addEventListener("click", () => {
  dirty = false;
  over = true;
  location.replace(location.pathname);
});

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`draft-${words.key}`) : null;
channel?.addEventListener("message", ({ data }) => {
  if (data.own === own || over) return;
  if (data.version > Number(version().value)) disagree(data.version);
  else if (!conflict) show("autosave-open", !data.left);
  if (data.hello) channel.postMessage({ own });
});
channel?.postMessage({ own, hello: true });

// -- when --------------------------------------------------------------------------------------------------------------------
function typed(event) {
  if (!event.target.name && !event.target.closest?.("[data-rows]")) return;
  dirty = true;
  if (!conflict && !over) later(failures ? RETRY[0] : PAUSE);
}
form.addEventListener("input", typed);
form.addEventListener("change", typed);
addEventListener("online", () => dirty && save());
document.addEventListener("visibilitychange", () => document.hidden && dirty && save());

// Whoever was elsewhere, or away for a while, may have signed out there.
addEventListener("blur", () => (heardAt = -Infinity));
const mayBeSignedOut = () => performance.now() - heardAt > UNSURE;

// A button of the step saves by itself, and names a version: one that is on its way has to be back first. Where the
// last save failed, or may, the next page would be one about that and not have what was typed: a save is tried first.
let leaving = false;
form.addEventListener("submit", (event) => {
  clearTimeout(timer);
  if (!leaving && !conflict && !over && (sending || failures || mayBeSignedOut())) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    dirty = true;
    save().then(() => {
      if (failures || conflict || over) return;
      leaving = true;
      form.requestSubmit(submitter?.isConnected ? submitter : undefined);
    });
    return;
  }
  dirty = false;
  leaving = true;
}, { capture: true });

// A link out of the step saves first, so that the next page does not come with the version of before.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || link.target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.hasAttribute("hx-get") || link.getAttribute("href").startsWith("#") || link.hasAttribute("data-dialog-close")) return;
  if (!dirty && !sending) return;
  event.preventDefault();
  if (isTooLarge(form)) return tell(form);
  const slow = new Promise((resolve) => setTimeout(resolve, 3000));
  Promise.race([save(), slow]).then(() => location.assign(link.href));
});

// A region of the page that finds the session ended would take the whole page to the sign-in, and what was typed with it.
document.addEventListener("htmx:before:response", (event) => {
  if (event.detail.ctx.hx.redirect && (dirty || sending || conflict)) event.preventDefault();
});

addEventListener("pagehide", () => {
  channel?.postMessage({ own, left: true });
  if (!dirty || conflict || over || leaving) return;
  sessionStorage.setItem(`left-${words.key}`, version().value);
  save({ keepalive: true });
});
// Away while there is something that only this page has: the browser asks.
addEventListener("beforeunload", (event) => {
  if (dirty && !leaving && !over && (failures || conflict || size(form) >= KEEPALIVE_BYTES)) event.preventDefault();
});
addEventListener("pageshow", async ({ persisted }) => {
  leaving = false;
  const left = sessionStorage.getItem(`left-${words.key}`);
  sessionStorage.removeItem(`left-${words.key}`);
  if (!persisted && left !== version().value) return;
  // What was sent on leaving may have come after this page was drawn.
  const answer = await fetch(location.pathname, { method: "HEAD" }).catch(() => null);
  const newest = answer?.headers.get("X-Draft-Version");
  if (newest && newest !== version().value && !dirty) location.reload();
});
