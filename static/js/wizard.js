// What scripts add to the wizard: tabs for roles, a counter, environment rows without a round trip, one submit a click.
// Without them every page still works: roles stand below one another, and buttons ask the server.

const form = document.getElementById("wizard-form");

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

// -- environment rows --------------------------------------------------------------------------------------------------------
for (const list of document.querySelectorAll("[data-env]")) {
  const rows = list.querySelector("[data-env-rows]");
  let next = Number(list.dataset.envNext);
  list.classList.add("env-ready");
  list.addEventListener("click", (event) => {
    if (event.target.closest("[data-env-add]")) {
      event.preventDefault();
      if (rows.childElementCount >= Number(list.dataset.envMax)) return;
      const row = list.querySelector("[data-env-template]").content.firstElementChild.cloneNode(true);
      row.innerHTML = row.innerHTML.replaceAll("__index__", next++);
      rows.append(row);
      row.querySelector("input").focus();
    } else if (event.target.closest("[data-env-remove]")) {
      event.preventDefault();
      const row = event.target.closest("[data-env-row]");
      const neighbour = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (neighbour?.querySelector("input") ?? list.querySelector("[data-env-add]")).focus();
    }
  });
  list.addEventListener("change", (event) => {
    if (event.target.matches(".env-source select")) event.target.closest("[data-env-row]").dataset.source = event.target.value;
  });
}

// -- one submit a click: the key makes a second one harmless, this makes it invisible ------------------------------------------
if (form?.matches("[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of document.querySelectorAll(`button[form="${form.id}"]`)) button.disabled = true;
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll(`button[form="${form.id}"]:disabled`)) button.disabled = button.hasAttribute("data-blocked");
  });
}
