// xterm.js writes <style> elements without a nonce (PR 5805 was not merged): stamp ours on each, so that the policy
// needs no 'unsafe-inline' for them. Import this before xterm draws.
const nonce = document.querySelector("script[nonce]").nonce;
const create = Document.prototype.createElement;
Document.prototype.createElement = function (name, ...rest) {
  const element = create.call(this, name, ...rest);
  if (String(name).toLowerCase() === "style") element.setAttribute("nonce", nonce);
  return element;
};
