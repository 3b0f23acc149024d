// The wire of terminals and logs: [type u8][payload], big-endian. terminal/protocol.py tells the rest.
export const STDIN = 0, OUTPUT = 1, STATUS = 3, RESIZE = 4, ACK = 5, PING = 6, ATTACH = 7, END = 8, GAP = 9, NOTICE = 10;
export const STDIN_BYTES = 16 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function frame(type, length) {
  const bytes = new Uint8Array(1 + length);
  bytes[0] = type;
  return [bytes, new DataView(bytes.buffer)];
}
export function stdin(data) {
  const [bytes] = frame(STDIN, data.length);
  bytes.set(data, 1);
  return bytes;
}
export function resize(cols, rows) {
  const [bytes, view] = frame(RESIZE, 4);
  view.setUint16(1, cols);
  view.setUint16(3, rows);
  return bytes;
}
export function ack(offset) {
  const [bytes, view] = frame(ACK, 8);
  view.setBigUint64(1, BigInt(offset));
  return bytes;
}
export function ping(token) {
  const [bytes, view] = frame(PING, 4);
  view.setUint32(1, token);
  return bytes;
}
export function attach(wanted) {
  const body = encoder.encode(JSON.stringify(wanted));
  const [bytes] = frame(ATTACH, body.length);
  bytes.set(body, 1);
  return bytes;
}
export const end = () => Uint8Array.of(END);
export const kind = (bytes) => bytes[0];
export const json = (bytes) => JSON.parse(decoder.decode(bytes.subarray(1)));

// Text as stdin frames. A frame never ends inside a character.
export function* stdinFrames(text) {
  let bytes = encoder.encode(text);
  while (bytes.length > STDIN_BYTES) {
    let cut = STDIN_BYTES;
    while ((bytes[cut] & 0xc0) === 0x80) cut -= 1;
    yield bytes.subarray(0, cut);
    bytes = bytes.subarray(cut);
  }
  if (bytes.length) yield bytes;
}

export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let step = 0;
  while (bytes >= 1024 && step < 3) [bytes, step] = [bytes / 1024, step + 1];
  return `${step ? bytes.toFixed(1) : bytes} ${units[step]}`;
}
export const fill = (text, details) => text.replace(/\{(\w+)\}/g, (whole, name) => details[name] ?? whole);
