// The live log: a bounded number of lines, drawn in batches; follow and stop, filter, wrap, time stamps.
import { fill, size } from "./terminal_frames.js";
import { LogConnection } from "./log_connection.js";
import { LineReader, parseLine } from "./log_text.js";

const KEPT_LINES = 5000;
const BATCH_LINES = 1000; // at most so many new elements a frame
const AT_END_PX = 40;

const words = JSON.parse(document.getElementById("log-words").textContent);
const log = document.getElementById("log");
const $ = (name) => document.getElementById(`log-${name}`);
const [status, filter, count, wrap, stamps, follow, tail, previous, download] = ["status", "search", "matches", "wrap", "timestamps", "follow", "tail", "previous", "download"].map($);

let reader = new LineReader();
let waiting = []; // {element} not drawn yet, in order; {drawn} entries ack what stands before them
let following = follow.checked;
let overflowed = false;
let scheduled = false;
let shown = 0; // lines that match the filter
let needle = "";

const connection = new LogConnection(log.dataset.logSocket);
connection.addEventListener("restart", () => {
  reader = new LineReader();
  waiting = [];
  log.replaceChildren();
  shown = 0;
  overflowed = false;
});
connection.addEventListener("output", ({ detail }) => {
  for (const line of reader.feed(detail.data)) waiting.push(() => lineElement(parseLine(line)));
  waiting.push(detail.drawn);
  draw();
});
connection.addEventListener("gap", ({ detail }) => {
  remark(fill(words.page.missed, { size: size(detail.to - detail.from) }));
  waiting.push(detail.drawn);
  draw();
});
connection.addEventListener("notice", ({ detail }) => {
  const code = detail.code === "unverified" ? "unverified-log" : detail.code; // a log has no input
  const text = fill(words.notices[code] ?? "", detail);
  if (text) remark(text);
});
connection.addEventListener("state", ({ detail: state }) => {
  log.dataset.state = state;
  showState();
});
connection.addEventListener("ended", ({ detail }) => {
  let code = detail.reason;
  if (code === "container-ended" && detail.exit_code !== null) code = "container-ended-code";
  if (code === "forbidden") code = "forbidden-log";
  const text = fill(words.endings[code] ?? words.endings.failed, detail);
  remark(detail.message ? `${text} (${detail.message})` : text);
});

function showState() {
  const word = { connecting: "connecting", open: following ? "following" : "paused", reconnecting: "reconnecting", ended: "ended" }[log.dataset.state];
  status.textContent = [words.page[word], overflowed ? words.page.dropped : ""].join(" ").trim();
}

// -- drawing: once a frame, whatever arrives; acked once drawn, so the relay never runs ahead of this page ---------------
function lineElement({ stamp, text }) {
  const row = document.createElement("div");
  row.className = "log-line";
  if (stamp) {
    const time = document.createElement("span");
    time.className = "log-stamp";
    time.textContent = stamp;
    row.append(time);
  }
  const body = document.createElement("span");
  body.className = "log-text";
  mark(body, text);
  row.append(body);
  row.hidden = !matches(text);
  return row;
}

function remark(text) {
  waiting.push(() => {
    const row = document.createElement("div");
    row.className = "log-remark";
    row.textContent = text;
    return row;
  });
  draw();
}

function draw() {
  if (scheduled) return;
  scheduled = true;
  const later = document.hidden ? (work) => setTimeout(work, 100) : requestAnimationFrame;
  later(() => {
    scheduled = false;
    // Whoever reads does not have the ground pulled away: a full page waits, and the relay with it.
    if (!following && log.childElementCount >= KEPT_LINES) return;
    const rows = [];
    while (waiting.length && rows.length < BATCH_LINES) {
      const row = waiting.shift()();
      if (row instanceof Node) rows.push(row);
    }
    append(rows);
    if (waiting.length) draw();
  });
}

function append(rows) {
  if (rows.length) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < AT_END_PX;
    log.append(...rows);
    dropOldest(log.childElementCount - KEPT_LINES);
    if (following && (atEnd || log.dataset.atEnd !== "no")) toEnd();
  }
  counted();
}

function dropOldest(surplus) {
  if (surplus <= 0) return;
  const range = document.createRange();
  range.setStartBefore(log.firstElementChild);
  range.setEndAfter(log.children[surplus - 1]);
  range.deleteContents();
  if (!overflowed) {
    overflowed = true;
    showState();
  }
}

let counting = 0;
function counted() {
  clearTimeout(counting);
  counting = setTimeout(() => {
    const total = log.querySelectorAll(".log-line").length;
    shown = needle ? log.querySelectorAll(".log-line:not([hidden])").length : total;
    count.textContent = needle ? fill(words.page.matches, { count: shown, total }) : fill(words.page.lines, { count: total });
    log.dataset.empty = total || log.dataset.state === "ended" ? "" : words.page.empty;
  }, 150);
}

// -- follow and stop: scrolling up stops, the end goes on ----------------------------------------------------------------
let lastTop = 0;
function toEnd() {
  log.scrollTop = log.scrollHeight;
  lastTop = log.scrollTop;
}
log.addEventListener("scroll", () => {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < AT_END_PX;
  const upwards = log.scrollTop < lastTop;
  lastTop = log.scrollTop;
  if (atEnd) log.dataset.atEnd = "yes";
  else if (upwards) log.dataset.atEnd = "no";
  // Not a person: lines that came into sight were laid out, and are higher than was guessed.
  else if (following && log.dataset.atEnd !== "no") toEnd();
});
follow.addEventListener("change", () => {
  following = follow.checked;
  if (following) {
    toEnd();
    log.dataset.atEnd = "yes";
    draw();
  }
  showState();
});

// -- filter --------------------------------------------------------------------------------------------------------------
const matches = (text) => !needle || text.toLowerCase().includes(needle);

function mark(body, text) {
  body.textContent = text;
  if (!needle) return;
  const at = text.toLowerCase().indexOf(needle);
  if (at < 0) return;
  const hit = document.createElement("mark");
  hit.textContent = text.slice(at, at + needle.length);
  body.replaceChildren(text.slice(0, at), hit, text.slice(at + needle.length));
}

let filtering = 0;
filter.addEventListener("input", () => {
  clearTimeout(filtering);
  filtering = setTimeout(() => {
    needle = filter.value.trim().toLowerCase();
    for (const row of log.querySelectorAll(".log-line")) {
      const body = row.lastElementChild;
      const text = body.textContent;
      mark(body, text);
      row.hidden = !matches(text);
    }
    if (following) toEnd();
    counted();
  }, 150);
});

// -- switches ------------------------------------------------------------------------------------------------------------
for (const [input, name] of [[wrap, "wrap"], [stamps, "stamps"]]) {
  const stored = localStorage.getItem(`log-${name}`);
  if (stored !== null) input.checked = stored === "1";
  const apply = () => {
    log.classList.toggle(`log-${name}`, input.checked);
    localStorage.setItem(`log-${name}`, input.checked ? "1" : "0");
  };
  input.addEventListener("change", apply);
  apply();
}
function open() {
  const query = { container: log.dataset.container, tail: tail.value, ...(previous.checked ? { previous: "1" } : {}) };
  connection.open(query);
  const address = new URL(download.href);
  address.searchParams.set("previous", previous.checked ? "1" : "");
  download.href = address;
}
tail.addEventListener("change", open);
previous.addEventListener("change", open);
// The container is part of the page's address: another one is another page.
$("container").addEventListener("change", ({ target }) => (location.search = new URLSearchParams({ container: target.value })));
$("controls").addEventListener("submit", (event) => event.preventDefault());
addEventListener("pagehide", () => connection.close());
open();
