// One log's socket: acks, and connecting again when the network dropped (the last lines then come again).
import * as frames from "./terminal_frames.js";

const RETRY_MS = [500, 1000, 2000, 5000];

// Events: "state" (connecting, open, reconnecting, ended), "output" (bytes), "gap", "notice", "restart", "ended".
export class LogConnection extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  open(query) {
    this.close();
    this.query = query;
    this.tries = 0;
    this.emit("state", "connecting");
    this.connect();
  }

  connect() {
    const socket = (this.socket = new WebSocket(`${this.url}?${new URLSearchParams(this.query)}`, "console.log.v1"));
    let opened = false;
    let ended = false;
    this.offset = 0;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      if (socket !== this.socket) return;
      opened = true;
      this.tries = 0;
      this.emit("restart");
      this.emit("state", "open");
    };
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      const bytes = new Uint8Array(data);
      ended ||= frames.kind(bytes) === frames.STATUS;
      this.read(bytes);
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.socket || ended) return;
      // Refused before it opened: a right is missing or the login is over. The page itself tells which, on a reload.
      if (!opened && this.tries >= 3) return this.finish({ reason: "forbidden-log", abnormal: true });
      if (code >= 4400 && code < 4500) return this.finish({ reason: "failed", abnormal: true });
      this.emit("state", "reconnecting");
      this.timer = setTimeout(() => this.connect(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
    };
  }

  read(bytes) {
    switch (frames.kind(bytes)) {
      case frames.OUTPUT:
        this.offset += bytes.length - 1;
        return this.emit("output", { data: bytes.subarray(1), drawn: this.ackLater(this.offset) });
      case frames.GAP: {
        const gap = frames.json(bytes);
        this.offset = gap.to;
        return this.emit("gap", { ...gap, drawn: this.ackLater(gap.to) });
      }
      case frames.NOTICE:
        return this.emit("notice", frames.json(bytes));
      case frames.STATUS:
        return this.finish(frames.json(bytes));
    }
  }

  ackLater(offset) {
    const socket = this.socket;
    return () => socket.readyState === WebSocket.OPEN && socket.send(frames.ack(offset));
  }

  finish(ending) {
    this.close();
    this.emit("state", "ended");
    this.emit("ended", ending);
  }

  close() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }
}
