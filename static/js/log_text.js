// A pod's log as text for a page: lines, time stamps, colours taken out, what is invisible made visible. Pure.

const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])/g; // eslint-disable-line no-control-regex
// C0 and C1 controls but tab; marks that turn the direction of writing, hide or imitate: shown by their number.
const INVISIBLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff]/g; // eslint-disable-line no-control-regex
const JOINER = /(\p{Extended_Pictographic}\ufe0f?)\u200d(?=\p{Extended_Pictographic})/gu; // within an emoji it is no trick
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d) /;

// What stands after the last carriage return is what a terminal would show; a lone one at the end is part of "\r\n".
export function visible(text) {
  return text
    .replace(/\r+$/, "")
    .replace(/^.*\r(?=[^\r])/s, "")
    .replace(ESCAPES, "")
    .replace(JOINER, (whole, before) => `${before}\ue000`)
    .replace(INVISIBLE, (char) => `‹U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›`)
    .replaceAll("\ue000", "\u200d");
}

// {stamp: "2026-11-25T02:49:11.123Z" or "", text}
export function parseLine(line) {
  const match = STAMP.exec(line);
  if (!match) return { stamp: "", text: visible(line) };
  const stamp = `${match[1]}${match[2] ? `.${match[2].slice(0, 3).padEnd(3, "0")}` : ""}${match[3]}`;
  return { stamp, text: visible(line.slice(match[0].length)) };
}

// Bytes in any cut -> whole lines. Invalid bytes become U+FFFD, a character in two chunks stays one.
export class LineReader {
  constructor() {
    this.decoder = new TextDecoder("utf-8");
    this.rest = "";
  }

  feed(bytes) {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split("\n");
    this.rest = lines.pop();
    return lines;
  }
}
