// A link to a line of a text box (data-line, data-column, both counted from 1) selects it there and scrolls to it.
// Without scripts the link leads to the box.

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-line]");
  const box = link && document.getElementById(link.hash.slice(1));
  if (!(box instanceof HTMLTextAreaElement)) return;
  event.preventDefault();
  const lines = box.value.split("\n");
  const line = Math.min(Number(link.dataset.line), lines.length) - 1;
  const start = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0);
  const column = Math.min(Number(link.dataset.column || 1) - 1, lines[line].length);
  box.focus();
  box.setSelectionRange(start + column, start + lines[line].length);
  box.scrollTop = (box.scrollHeight / lines.length) * line - box.clientHeight / 3;
  box.scrollIntoView({ block: "nearest" });
});
