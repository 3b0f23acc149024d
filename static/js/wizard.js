// What scripts add to the wizard: tabs for roles, a counter, rows without a round trip.
// Without them every page still works: roles stand below one another, and buttons ask the server.

import { duration } from "./shell.js";

const form = document.getElementById("wizard-form");
document.documentElement.dataset.scripts = "";

// -- tabs: one role at a time --------------------------------------------------------------------------------------------
if (form?.matches("[data-role-tabs]")) setUpTabs(form);

function setUpTabs(root) {
  const list = root.querySelector("[data-tab-list]");
  const tabs = [...list.querySelectorAll("[data-tab]")];
  const panelOf = (tab) => root.querySelector(`[data-panel="${tab.dataset.tab}"]`);
  list.setAttribute("role", "tablist");
  for (const tab of tabs) {
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panelOf(tab).id);
    panelOf(tab).setAttribute("role", "tabpanel");
    panelOf(tab).setAttribute("aria-labelledby", tab.id);
  }
  const show = (name) => {
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
      panelOf(tab).hidden = !chosen;
    }
    sessionStorage.setItem(location.pathname, name);
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tab]");
    if (!tab) return;
    event.preventDefault();
    show(tab.dataset.tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    show(next.dataset.tab);
    next.focus();
  });
  const reveal = (id) => {
    const target = id && document.getElementById(id);
    const panel = target?.closest("[data-panel]");
    if (!panel) return;
    show(panel.dataset.panel);
    const fold = target.closest("details");
    if (fold) fold.open = true;
    if (target !== panel) target.focus();
    target.scrollIntoView({ block: "center" });
  };
  // A link of the summary leads into a panel that may be hidden.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".wizard-summary a[href^='#']");
    if (!link) return;
    event.preventDefault();
    reveal(link.hash.slice(1));
  });
  root.dataset.tabsReady = "";
  const wrong = root.querySelector("[aria-invalid='true'], .is-invalid");
  const remembered = sessionStorage.getItem(location.pathname);
  show(!wrong && tabs.some((tab) => tab.dataset.tab === remembered) ? remembered : root.dataset.shown);
  if (location.hash) reveal(location.hash.slice(1));
  else root.querySelector("[autofocus]")?.focus();
}

// -- a role that is off shows no fields ------------------------------------------------------------------------------------
for (const box of document.querySelectorAll("[data-enables]")) {
  const follow = () => (document.getElementById(box.dataset.enables).hidden = !box.checked);
  box.addEventListener("change", follow);
  follow();
}

// -- counters: code points, a line break is one ------------------------------------------------------------------------------
for (const area of document.querySelectorAll("[data-count-max]")) {
  const counter = document.createElement("span");
  counter.className = "counter num";
  area.after(counter);
  const count = () => {
    const length = [...area.value].length;
    counter.textContent = `${length} / ${area.dataset.countMax}`;
    counter.classList.toggle("over", length > Number(area.dataset.countMax));
  };
  area.addEventListener("input", count);
  count();
}

// -- rows of a role: environment variables, mounts -----------------------------------------------------------------------------
for (const list of document.querySelectorAll("[data-rows]")) {
  const rows = list.querySelector("[data-rows-list]");
  let next = Number(list.dataset.rowsNext);
  list.classList.add("rows-ready");
  list.addEventListener("click", (event) => {
    if (event.target.closest("[data-rows-add]")) {
      event.preventDefault();
      if (rows.childElementCount >= Number(list.dataset.rowsMax)) return;
      const row = list.querySelector("[data-rows-template]").content.firstElementChild.cloneNode(true);
      row.innerHTML = row.innerHTML.replaceAll("__index__", next++);
      rows.append(row);
      row.querySelector("input, select").focus();
      changed(rows);
    } else if (event.target.closest("[data-rows-remove]")) {
      event.preventDefault();
      const row = event.target.closest("[data-row]");
      const neighbour = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (neighbour?.querySelector("input, select") ?? list.querySelector("[data-rows-add]")).focus();
      changed(rows);
    }
  });
  list.addEventListener("change", (event) => {
    if (event.target.matches(".row-source select")) event.target.closest("[data-row]").dataset.source = event.target.value;
  });
}

// A row that came or went is a change like a typed one, for whoever keeps the draft.
function changed(element) {
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

// -- names and keys of ConfigMaps and Secrets, offered on focus; each list is asked for once -------------------------------------
const references = form?.dataset.references;
const offered = new Map(); // query -> datalist
form?.addEventListener("focusin", async ({ target }) => {
  const row = target.closest?.("[data-row]");
  const cell = target.closest?.(".row-reference, .row-key, .row-name, .row-keys");
  if (!references || !cell || !["config_map", "secret"].includes(row.dataset.source)) return;
  const named = row.querySelector(".row-reference input") ?? row.querySelector(".row-name input");
  const ofKeys = cell.matches(".row-key, .row-keys");
  if (!ofKeys && target !== named) return; // what a variable itself is called
  const query = new URLSearchParams({ source: row.dataset.source, ...(ofKeys && { of: named.value }) }).toString();
  if (!offered.has(query)) {
    const list = document.createElement("datalist");
    list.id = `offered-${offered.size}`;
    offered.set(query, list);
    document.body.append(list);
    const answer = await fetch(`${references}?${query}`).catch(() => null);
    if (answer?.ok) list.innerHTML = await answer.text(); // our own page, escaped there
  }
  const list = offered.get(query);
  if (target.matches("input")) target.setAttribute("list", list.id);
  else offerLines(target, list);
});

// A field with a line each has no list of its own: buttons write the lines.
function offerLines(area, list) {
  area.parentElement.querySelector(".offers")?.remove();
  const offers = document.createElement("div");
  offers.className = "offers";
  for (const option of list.children) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-sm", value: option.value, textContent: option.value });
    button.dataset.addLine = area.id;
    offers.append(button);
  }
  if (list.children.length) area.after(offers);
}

// -- probes: only the fields of their kind -----------------------------------------------------------------------------------------
for (const probe of document.querySelectorAll("[data-probe]")) {
  probe.classList.add("probe-ready");
  const kind = probe.querySelector(".probe-kind select");
  kind.addEventListener("change", () => (probe.dataset.kind = kind.value));
}

// -- what will be run: the words as a shell would need them (tasks/wizard/role_tab.py, as_run) ----------------------------------------
function words(area) {
  return area.value.split(/\r\n|\r|\n/).filter((line) => line.trim()).map((line) => {
    if (!/^".*"$/.test(line)) return line;
    try {
      return JSON.parse(line);
    } catch {
      return line;
    }
  });
}
const quote = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
for (const fields of document.querySelectorAll("[data-run]")) {
  const shown = document.getElementById(fields.dataset.run);
  const [command, args] = fields.querySelectorAll("textarea");
  const show = () => {
    const first = words(command).map(quote);
    const rest = words(args).map(quote);
    if (!first.length && !rest.length) shown.textContent = shown.dataset.empty;
    else shown.textContent = [...(first.length ? first : [`‹${shown.dataset.entry}›`]), ...rest].join(" ");
  };
  for (const area of [command, args]) area.addEventListener("input", show);
}

// -- seconds in words ------------------------------------------------------------------------------------------------------------------
for (const field of document.querySelectorAll("[data-seconds]")) {
  const echo = document.createElement("span");
  echo.className = "counted-seconds num";
  field.after(echo);
  const show = () => {
    const typed = field.value.trim();
    echo.textContent = /^(0|[1-9][0-9]{0,9})$/.test(typed) ? `= ${duration(Number(typed))}` : "";
  };
  field.addEventListener("input", show);
  show();
}

// -- lines that a button writes into a field ----------------------------------------------------------------------------------------------
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-add-line]");
  if (!button) return;
  const area = document.getElementById(button.dataset.addLine);
  const lines = area.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (!lines.includes(button.value)) area.value = [...lines, button.value].join("\n");
  changed(area);
});

// -- another namespace: the server asks what that may clear; then its claims are there -------------------------------------------------------
document.getElementById("id_namespace")?.addEventListener("change", () => form.requestSubmit(form.querySelector("button[value=stay]")));
for (const question of document.querySelectorAll("dialog[data-ask]")) {
  question.close();
  question.showModal();
  question.addEventListener("close", () => document.getElementById(question.dataset.ask).focus());
}

// -- back where one was: a button that stays on its step brings the whole page anew ------------------------------------------------------------
const place = `focus-${location.pathname}`;
const anchorOf = (element) => element.id || element.closest("details[data-menu]")?.querySelector("summary").id || element.closest("[data-ask]")?.dataset.ask;
form?.addEventListener("submit", ({ submitter }) => {
  const stays = submitter && (submitter.name !== "go" || submitter.value === "stay");
  const tab = form.querySelector("[data-tab][aria-selected='true']");
  sessionStorage.setItem(place, (stays && (anchorOf(document.activeElement) || tab?.id)) || "");
});
if (!document.querySelector("[autofocus], dialog[open]")) document.getElementById(sessionStorage.getItem(place) ?? "")?.focus();
sessionStorage.removeItem(place);

// -- the table of claims ------------------------------------------------------------------------------------------------------------------------
document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-claims-ok]")) return;
  const dialog = target.closest("dialog");
  const chosen = dialog.querySelector("[name=chosen]:checked");
  const purpose = dialog.dataset.claims;
  const select = document.getElementById(`id_${purpose}_claim`);
  if (chosen) {
    if (![...select.options].some((option) => option.value === chosen.value)) select.add(new Option(chosen.dataset.words, chosen.value));
    select.value = chosen.value;
    document.getElementById(`id_${purpose}_sub_path`).value = dialog.querySelector("#claims-path").value;
    changed(select);
  }
  dialog.close();
  document.getElementById(chosen ? `id_${purpose}_mount_path` : select.id).focus();
});
document.addEventListener("dblclick", ({ target }) => {
  if (target.closest?.("#claims-rows tr")) target.closest("dialog").querySelector("[data-claims-ok]").click();
});
document.addEventListener("click", ({ target }) => {
  const row = target.closest?.("#claims-rows tbody tr");
  if (row && !target.matches("input")) row.querySelector("input")?.click();
});

// -- a text that is nowhere but here: the browser asks before it goes --------------------------------------------------------------
if (form?.matches("[data-guarded]")) {
  const texts = [...form.querySelectorAll("textarea")];
  let sent = false;
  form.addEventListener("submit", () => (sent = true));
  addEventListener("pageshow", () => (sent = false));
  addEventListener("beforeunload", (event) => {
    const isNew = texts.some((area) => area.value !== area.defaultValue || area.matches(".is-invalid"));
    if (isNew && !sent) event.preventDefault();
  });
}

// -- the last step: a submit waits for the checks that are still under way; pressed again, it does not ---------------------
const wait = document.getElementById("checks-wait");
let insists = false;
const isChecking = () => document.querySelector(".check-asking") !== null;
if (wait) form.addEventListener("submit", (event) => {
  if (insists || !isChecking()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  insists = true;
  wait.textContent = wait.dataset.words;
}, { capture: true });
document.addEventListener("htmx:after:swap", () => {
  if (!wait?.textContent || isChecking()) return;
  wait.textContent = "";
  form.requestSubmit();
});
