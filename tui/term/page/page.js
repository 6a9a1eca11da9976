// The page around the terminal: connects it to the viewer behind it, and says what has happened when that is gone.
"use strict";

const ASK_MS = 10_000; // how often the server is asked for a sign of life, and how long it may take for it
const RETRY_MS = 1_000;
const OPENING_MS = 500; // after which the page says that it waits for the viewer
const NEW_ADDRESS = "If echornn-tui serve has ended, start it again, and open the new address that it prints.";

const notice = document.getElementById("notice");
const again = document.getElementById("again");
const BrowserSocket = WebSocket;
const opening = setTimeout(() => say("Opening ...", false), OPENING_MS);
let lastWords = "";

// terminal.js opens one WebSocket; this one is on the server of the page, whatever its address is here
window.WebSocket = class extends BrowserSocket {
  constructor(address) {
    const url = new URL(address, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    super(url);
    let waits = false;
    const asking = setInterval(() => {
      if (waits) this.lost();
      waits = true;
      this.send('["alive"]');
    }, ASK_MS);
    this.lost = () => {
      clearInterval(asking);
      this.lost = () => {};
      this.close();
      over();
    };
    this.addEventListener("open", () => {
      focusOnTerminal();
      this.dispatchEvent(new MessageEvent("message", { data: colours() }));
    });
    this.addEventListener("close", () => this.lost());
    this.addEventListener("message", (event) => {
      waits = false;
      if (typeof event.data !== "string") {
        if (event.isTrusted) shown();
        return;
      }
      const [kind, text] = JSON.parse(event.data);
      if (kind === "end") lastWords = text;
    });
  }

  send(data) {
    if (this.readyState === BrowserSocket.OPEN) super.send(data); // keys pressed after the end go nowhere
  }
};

// sets the terminal's own colours, which show after the app has left
function colours() {
  const style = getComputedStyle(document.body);
  const set = (number, name) => `\x1b]${number};${style.getPropertyValue(name).trim()}\x07`;
  return new TextEncoder().encode(set(10, "--text") + set(11, "--ground")).buffer;
}

function focusOnTerminal() {
  document.querySelector(".xterm-helper-textarea")?.focus();
}

function say(words, isOver = true) {
  document.getElementById("words").textContent = words;
  notice.hidden = false;
  again.hidden = !isOver;
}

function shown() {
  clearTimeout(opening);
  notice.hidden = true;
}

function over() {
  clearTimeout(opening);
  if (lastWords) {
    say(lastWords);
    again.focus();
  } else {
    retryLater();
  }
}

function retryLater() {
  say(`The connection is lost. Trying again ... ${NEW_ADDRESS}`, false);
  setTimeout(retry, RETRY_MS);
}

async function retry() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) location.reload();
    else say(await answer.text());
  } catch {
    if (lastWords) say(`Nothing answers here. ${NEW_ADDRESS}`);
    else retryLater();
  }
}

async function open() {
  // the terminal measures the font when it opens
  await Promise.allSettled(["16px", "bold 16px", "italic 16px"].map((one) => document.fonts.load(`${one} "Roboto Mono"`)));
  const script = document.createElement("script");
  script.src = "terminal.js";
  // it starts when the page has loaded, which may be before or after it has
  script.onload = () => document.readyState === "complete" && window.onload();
  script.onerror = over;
  document.head.append(script);
}

again.addEventListener("click", retry);
window.addEventListener("focus", focusOnTerminal);
open();
