// Rows that open: a button with data-expands="id" shows and hides that row. Both carry data-keep, so live updates leave
// them as they are.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-expands]");
  if (!button) return;
  const row = document.getElementById(button.dataset.expands);
  row.hidden = !row.hidden;
  button.setAttribute("aria-expanded", String(!row.hidden));
});
