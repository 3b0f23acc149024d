// One shell's connection: ticket, socket, acks, and coming back to the same shell when the network dropped.
import * as frames from "./terminal_frames.js";

const RETRY_MS = [300, 1000, 2000, 4000, 5000];
const GIVE_UP_MS = 90_000; // the relay keeps the shell for 60 s
const PING_MS = 10_000;
const DEAD_MS = 25_000; // nothing heard, not even a pong
const ACK_BYTES = 16 * 1024;
const STDIN_AHEAD_BYTES = 48 * 1024; // sent and not reported as taken; the relay reports every 16 KiB

// Events: "state" (connecting, open, reconnecting, ended), "hello", "output" (bytes, done), "gap", "notice", "ended".
export class Connection extends EventTarget {
  constructor({ socketUrl, ticketUrl, csrf, store }) {
    super();
    Object.assign(this, { socketUrl, ticketUrl, csrf, store });
    this.state = "idle";
    this.queue = []; // stdin that waits: a paste
    this.received = this.parsed = this.acked = 0;
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  setState(state, detail) {
    this.state = state;
    this.emit("state", { state, ...detail });
  }

  // `size()` gives {cols, rows}. A session in the store is asked for first.
  async open(container, size) {
    this.close();
    Object.assign(this, { container, size, screenIsOurs: false, tries: 0, droppedAt: 0 });
    this.setState("connecting");
    await this.connect();
  }

  async connect() {
    const run = (this.run = Symbol("connection"));
    let ticket;
    try {
      const body = new URLSearchParams({ container: this.container });
      const headers = { "X-CSRFToken": this.csrf, Accept: "application/json" };
      const response = await fetch(this.ticketUrl, { method: "POST", body, headers });
      const json = response.headers.get("Content-Type")?.startsWith("application/json");
      if (run !== this.run) return;
      if (!json && response.status >= 500) throw new Error("no answer");
      if (!json) return this.finish({ reason: response.status === 404 ? "not-found" : "signed-out", abnormal: true });
      const answer = await response.json();
      if (run !== this.run) return;
      if (!answer.ticket && answer.reason === "cluster-away" && this.droppedAt) throw new Error("cluster away");
      if (!answer.ticket) return this.finish({ abnormal: true, ...answer });
      ticket = answer.ticket;
    } catch {
      if (run === this.run) this.retry();
      return;
    }
    this.openSocket(ticket);
  }

  openSocket(ticket) {
    const url = `${this.socketUrl}?container=${encodeURIComponent(this.container)}`;
    const socket = (this.socket = new WebSocket(url, "console.terminal.v1"));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      const session = this.store.get() ?? "";
      this.askedFor = session;
      const have = session && this.screenIsOurs ? this.received : null;
      this.send(frames.attach({ ticket, session, have_offset: have, ...this.size() }));
    };
    socket.onmessage = ({ data }) => socket === this.socket && this.read(new Uint8Array(data));
    socket.onclose = ({ code }) => {
      if (socket !== this.socket) return;
      if (this.state !== "ended") this.dropped(code);
    };
  }

  dropped(code) {
    this.stopSocket();
    if (code >= 4400 && code < 4500) return this.finish({ reason: { 4401: "signed-out", 4403: "forbidden", 4404: "pod-gone" }[code] ?? "lost", abnormal: true });
    this.retry();
  }

  retry() {
    this.droppedAt ||= Date.now();
    if (Date.now() - this.droppedAt > GIVE_UP_MS) return this.finish({ reason: "network", abnormal: true }, { keep: true });
    this.setState("reconnecting");
    const run = (this.run = Symbol("retry"));
    this.timer = setTimeout(() => run === this.run && this.connect(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
  }

  read(bytes) {
    this.heardAt = Date.now();
    switch (frames.kind(bytes)) {
      case frames.OUTPUT: {
        const data = bytes.subarray(1);
        this.received += data.length;
        const to = this.received;
        return this.emit("output", { data, done: () => this.parsedUpTo(to) });
      }
      case frames.ATTACH: return this.greet(frames.json(bytes));
      case frames.GAP: {
        const gap = frames.json(bytes);
        this.received = gap.to;
        return this.emit("gap", { ...gap, done: () => this.parsedUpTo(gap.to) });
      }
      case frames.NOTICE: {
        const notice = frames.json(bytes);
        if (notice.code === "stdin") return this.tookStdin(notice.taken);
        return this.emit("notice", notice);
      }
      case frames.STATUS: return this.finish(frames.json(bytes));
    }
  }

  greet(hello) {
    this.received = this.parsed = this.acked = hello.base_offset;
    this.replayUntil = hello.replay_until;
    this.stdinSent = this.stdinTaken = hello.stdin_offset;
    this.queue = []; // what was typed before a drop is not typed again
    this.store.set(hello.session);
    const isNew = Boolean(this.askedFor) && !hello.resumed;
    Object.assign(this, { screenIsOurs: true, tries: 0, droppedAt: 0, heardAt: Date.now() });
    this.emit("hello", { ...hello, isNew });
    this.setState("open", { resumed: hello.resumed, started: hello.started });
    this.beat = setInterval(() => this.ping(), PING_MS);
  }

  ping() {
    if (Date.now() - this.heardAt > DEAD_MS) return this.dropped(1006); // the browser would notice minutes later
    this.send(frames.ping(Math.floor(Date.now() % 2 ** 32)));
  }

  // The screen has parsed the output up to `offset`.
  parsedUpTo(offset) {
    if (offset <= this.parsed) return;
    this.parsed = offset;
    if (this.parsed - this.acked >= ACK_BYTES || this.parsed === this.received) {
      this.acked = this.parsed;
      this.send(frames.ack(this.acked));
    }
  }

  get replaying() {
    return this.parsed < this.replayUntil;
  }

  type(text) {
    if (this.state !== "open") return;
    if (text === "\x03" || text === "\x1c" || text === "\x1a") this.queue = []; // nobody wants the rest of a paste
    for (const bytes of frames.stdinFrames(text)) this.queue.push(bytes);
    this.flush();
  }

  typeBytes(bytes) {
    if (this.state !== "open") return;
    this.queue.push(bytes);
    this.flush();
  }

  flush() {
    while (this.queue.length && this.stdinSent - this.stdinTaken < STDIN_AHEAD_BYTES) {
      const bytes = this.queue.shift();
      this.stdinSent += bytes.length;
      this.send(frames.stdin(bytes));
    }
  }

  tookStdin(taken) {
    this.stdinTaken = Math.max(this.stdinTaken, taken);
    this.flush();
  }

  resize(cols, rows) {
    if (this.state === "open") this.send(frames.resize(cols, rows));
  }

  endShell() {
    if (this.state === "open") this.send(frames.end());
    else this.finish({ reason: "ended", abnormal: false });
  }

  send(bytes) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(bytes);
  }

  finish(ending, { keep = false } = {}) {
    if (!keep) this.store.set(null);
    this.stopSocket();
    this.run = null;
    this.setState("ended", { ending });
    this.emit("ended", ending);
  }

  stopSocket() {
    clearInterval(this.beat);
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  close() {
    this.run = null;
    this.stopSocket();
    this.queue = [];
  }
}
