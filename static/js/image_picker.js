// The dialog that chooses an image: tabs for the keyboard, focus where something new came, and the choice into its field.
// Without scripts the field is typed into.

const picker = () => document.getElementById("image-picker");

// -- tabs: arrows move, and the panel follows (htmx) ---------------------------------------------------------------------
function select(tab) {
  for (const other of tab.closest("[data-image-tabs]").children) {
    other.setAttribute("aria-selected", other === tab);
    other.tabIndex = other === tab ? 0 : -1;
  }
}
document.addEventListener("click", ({ target }) => {
  const tab = target.closest?.(".image-tab");
  if (tab) select(tab);
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.(".image-tab");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  event.preventDefault();
  const tabs = [...tab.parentElement.children];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  next.focus();
  next.click();
});

// -- what was pressed is gone after a swap: the cursor goes to what came ------------------------------------------------------
let shown = null;
document.addEventListener("htmx:after:swap", () => {
  const dialog = picker();
  const heading = dialog?.querySelector("[data-image-focus]");
  const panel = dialog?.querySelector("#image-panel");
  if (!panel || panel === shown) return;
  shown = panel;
  secretsAreElsewhere(dialog);
  if (heading) heading.focus();
  else if (!dialog.contains(document.activeElement)) dialog.querySelector("#image-sought")?.focus();
});

// -- the choice ------------------------------------------------------------------------------------------------------------------
function typed(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
function take(dialog) {
  const chosen = dialog.querySelector("[name=chosen]:checked");
  const field = document.getElementById(dialog.dataset.imageField);
  if (chosen && field) {
    const pinned = dialog.querySelector("[data-image-pin]")?.checked && chosen.dataset.digest;
    field.value = chosen.dataset.reference + (pinned ? `@${chosen.dataset.digest}` : "");
    typed(field);
    addSecret(dialog.querySelector("[data-image-secret]:checked")?.dataset.imageSecret);
  }
  dialog.close();
  field?.focus();
}
// Of the whole task: beside the image of one role there is no field for them, so the dialog says where it is.
function secretsAreElsewhere(dialog) {
  const choice = dialog.querySelector("[data-image-secret]");
  if (!choice || document.getElementById("id_pull_secrets")) return;
  choice.closest("label").remove();
  dialog.querySelector("[data-image-secret-elsewhere]").hidden = false;
}
function addSecret(name) {
  const area = document.getElementById("id_pull_secrets");
  if (!name || !area) return;
  const lines = area.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (lines.includes(name)) return;
  area.value = [...lines, name].join("\n");
  typed(area);
}
// A version whose digest nobody has told cannot be pinned; the digest may come later, in its row.
function pinnable() {
  const pin = picker()?.querySelector("[data-image-pin]");
  if (!pin) return;
  const chosen = picker().querySelector("[name=chosen]:checked");
  pin.disabled = Boolean(chosen && !chosen.dataset.digest);
  picker().querySelector("[data-image-pin-off]").hidden = !pin.disabled;
}
document.addEventListener("htmx:after:swap", pinnable);
document.addEventListener("change", ({ target }) => target.matches?.("#image-picker [name=chosen]") && pinnable());
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-image-ok]")) take(picker());
  const row = target.closest?.(".image-versions tbody tr");
  if (row && !target.matches("input, label")) row.querySelector("input")?.click();
});
document.addEventListener("dblclick", ({ target }) => {
  if (target.closest?.(".image-versions tbody tr")) take(picker());
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("#image-picker [name=chosen]")) return;
  event.preventDefault();
  take(picker());
});
