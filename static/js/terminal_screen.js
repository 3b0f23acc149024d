// The xterm.js side: theme, fonts, links, keys, paste. Knows nothing of the wire.
import "./terminal_style.js";
import { Terminal } from "../vendor/xterm/xterm.js";
import { FitAddon } from "../vendor/xterm/addon-fit.js";
import { SearchAddon } from "../vendor/xterm/addon-search.js";
import { Unicode11Addon } from "../vendor/xterm/addon-unicode11.js";
import { WebLinksAddon } from "../vendor/xterm/addon-web-links.js";

const FONT = 'ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace';
const THEMES = {
  dark: { background: "#11161d", foreground: "#e4e8ee", cursor: "#6cb4f7", cursorAccent: "#11161d", selectionBackground: "#31558a" },
  light: { background: "#ffffff", foreground: "#1c2430", cursor: "#0b62c4", cursorAccent: "#ffffff", selectionBackground: "#b9d7fb", black: "#1c2430", white: "#6b7480", brightBlack: "#525960", brightWhite: "#1c2430" },
};
// What a terminal answers by itself to a program's questions (cursor position, device attributes, modes, colours).
const ANSWER = /^(?:\x1b\[[?>=]?[\d;]*(?:[Rcnt]|\$y)|\x1b[P\]].*)$/s; // eslint-disable-line no-control-regex

export class Screen {
  constructor(element, { fontSize, screenReader, onInput, onBytes, onResize, openLink, confirmPaste, isReplaying }) {
    this.confirmPaste = confirmPaste;
    const term = (this.term = new Terminal({
      allowProposedApi: true, // unicode 11 widths
      fontFamily: FONT,
      fontSize,
      lineHeight: 1.15, // at 1 the rows cut off the underscores of some fonts
      cursorBlink: true,
      scrollback: 5000,
      screenReaderMode: screenReader,
      minimumContrastRatio: 4.5,
      theme: THEMES[theme()],
      linkHandler: { activate: (_, uri) => openLink(uri), allowNonHttpProtocols: false }, // OSC 8
    }));
    this.fitting = new FitAddon();
    this.searching = new SearchAddon();
    term.loadAddon(this.fitting);
    term.loadAddon(this.searching);
    term.loadAddon(new Unicode11Addon());
    term.loadAddon(new WebLinksAddon((_, uri) => openLink(uri)));
    term.unicode.activeVersion = "11";
    // Not loaded: addon-clipboard. A program in the pod could write the clipboard (OSC 52), and read it.
    term.open(element);
    term.onData((data) => !(isReplaying() && ANSWER.test(data)) && onInput(data));
    term.onBinary((data) => onBytes(Uint8Array.from(data, (char) => char.charCodeAt(0))));
    term.onResize(onResize);
    term.attachCustomKeyEventHandler((event) => this.key(event));
    element.addEventListener("paste", (event) => this.pasted(event), true);
    new ResizeObserver(() => this.fitSoon()).observe(element);
    new MutationObserver(() => (term.options.theme = THEMES[theme()])).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
    this.fit();
    this.reset();
  }

  get size() {
    return { cols: Math.min(this.term.cols, 1000), rows: Math.min(this.term.rows, 1000) };
  }

  reset() {
    this.decoder = new TextDecoder("utf-8"); // across frames: a character may come in two
    this.term.reset();
  }

  output(bytes, done) {
    // Text, not bytes: xterm.js 6.0.0 drops a character whose bytes come in two writes (issue 6003).
    this.term.write(this.decoder.decode(bytes, { stream: true }), done);
  }

  // A line of our own. `done` is called once it is drawn.
  say(text, done) {
    this.decoder = new TextDecoder("utf-8");
    const fresh = this.term.buffer.active.cursorX ? "\r\n" : "";
    this.term.write(`\x1b[0m${fresh}\x1b[2m${text}\x1b[0m\r\n`, done);
  }

  fit() {
    const wanted = this.fitting.proposeDimensions();
    if (wanted?.cols > 1 && wanted.rows > 0) this.fitting.fit();
  }

  fitSoon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.fit());
  }

  setFontSize(size) {
    this.term.options.fontSize = size;
    this.fit();
  }

  key(event) {
    if (event.type !== "keydown") return true;
    const key = event.key.toLowerCase();
    const copying = event.ctrlKey && !event.altKey && key === "c" && (event.shiftKey || this.term.hasSelection());
    if (copying) {
      event.preventDefault(); // Ctrl+Shift+C opens the developer tools otherwise
      this.copySelection();
      return false;
    }
    if (event.ctrlKey && event.shiftKey && key === "v") return false; // the browser pastes: pasted() below
    if (event.ctrlKey && event.shiftKey && key === "f") {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("terminal-search"));
      return false;
    }
    return true;
  }

  copySelection() {
    const text = this.term.getSelection();
    if (text) navigator.clipboard?.writeText(text);
    this.term.clearSelection();
  }

  async pasted(event) {
    event.preventDefault();
    event.stopPropagation();
    // A pasted end-of-paste mark would let the rest run as typed commands.
    const text = (event.clipboardData?.getData("text/plain") ?? "").replace(/\x1b\[20[01]~/g, ""); // eslint-disable-line no-control-regex
    if (!text) return;
    const lines = text.replace(/\r?\n$/, "").split(/\r?\n/).length;
    const runs = !this.term.modes.bracketedPasteMode && /\r|\n/.test(text);
    if (!runs || (await this.confirmPaste(text, lines))) this.term.paste(text);
    this.term.focus();
  }
}

function theme() {
  return document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light";
}
