// Stops a form that is larger than the console takes at once, before it is sent: what was typed stays in the page.
// `data-max-bytes` of the form is Django's DATA_UPLOAD_MAX_MEMORY_SIZE.

// Bytes of the form as a browser sends it: line ends are two characters there.
export function size(form) {
  const sent = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  return new URLSearchParams(sent.map(([name, value]) => [name, value.replace(/\r\n|\r|\n/g, "\r\n")])).toString().length;
}

export function isTooLarge(form) {
  const maximum = Number(form.dataset.maxBytes);
  // Most forms are far below: their text is not encoded just to be counted. A character takes nine bytes at most.
  const characters = [...new FormData(form)].reduce((sum, [name, value]) => sum + name.length + (value.length ?? 0) + 2, 0);
  return characters * 9 > maximum && size(form) > maximum;
}

export function tell(form) {
  const notice = document.getElementById("too-large");
  const shown = (bytes) => (bytes / 2 ** 20).toFixed(1);
  const words = notice.querySelector("[data-words]");
  words.textContent = words.dataset.words.replace("{size}", shown(size(form))).replace("{maximum}", shown(form.dataset.maxBytes));
  notice.hidden = false;
  notice.scrollIntoView({ block: "center" });
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-max-bytes]")) return;
  document.getElementById("too-large").hidden = true;
  if (!isTooLarge(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tell(event.target);
}, { capture: true });
