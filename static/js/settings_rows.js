// Lists of small forms (templates/settings/_rows.html): add a row and take one away, without a new page.
for (const list of document.querySelectorAll("[data-rows]")) {
  const rows = list.querySelector("[data-rows-list]");
  const add = list.querySelector("[data-rows-add]");
  let next = Number(list.dataset.rowsNext);
  const ready = () => {
    for (const button of rows.querySelectorAll("[data-rows-remove]")) button.hidden = false;
    add.disabled = rows.childElementCount >= Number(list.dataset.rowsMax);
  };
  list.addEventListener("click", (event) => {
    if (event.target.closest("[data-rows-add]")) {
      event.preventDefault();
      const row = list.querySelector("[data-rows-template]").content.firstElementChild.cloneNode(true);
      row.innerHTML = row.innerHTML.replaceAll("__index__", next++);
      rows.append(row);
      ready();
      row.querySelector("input").focus();
    } else if (event.target.closest("[data-rows-remove]")) {
      const row = event.target.closest("[data-row]");
      const neighbour = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      ready();
      (neighbour?.querySelector("input") ?? add).focus();
    }
  });
  ready();
}
