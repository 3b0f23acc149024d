// The boxes of the task list: how many are ticked, all of them, and the buttons that need one. The list is swapped under
// us, so everything is asked of the page as it is.

const boxes = () => [...document.querySelectorAll("#task-rows input[name=uid]")];

function show() {
  const all = boxes();
  const ticked = all.filter((box) => box.checked).length;
  for (const button of document.querySelectorAll("[data-needs-selection]")) button.disabled = ticked === 0;
  const count = document.querySelector("[data-selected-count]");
  if (count) count.textContent = ticked ? `${ticked}/${all.length}` : "";
  const master = document.querySelector("[data-select-all]");
  if (!master) return;
  master.checked = ticked > 0 && ticked === all.length;
  master.indeterminate = ticked > 0 && ticked < all.length;
}

let last = null;
document.addEventListener("click", (event) => {
  const box = event.target.closest("#task-rows input[name=uid]");
  if (!box) return;
  if (event.shiftKey && last?.isConnected) {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
    show();
  }
  last = box;
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("[data-select-all], #task-rows input[name=uid]")) {
    event.stopPropagation();
    show();
  }
});
document.addEventListener("htmx:after:swap", show);
show();
