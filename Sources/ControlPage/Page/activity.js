// What happens: requests and lines of the log. The sandbox tells that there is something new, and the page fetches it.
import { get } from "./api.js";
import { $, element, row, time, duration, attempt } from "./elements.js";
import { openExchange } from "./exchange.js";

/** What is new of a list is fetched, one request at a time. */
class Feed {
  latest = 0;
  wanted = 0;
  isBusy = false;

  constructor(path, limit, show) {
    Object.assign(this, { path, limit, show });
  }

  tell(number) {
    // The sandbox has been started again.
    if (number < this.latest) this.latest = 0;
    this.wanted = number;
    attempt(() => this.fetch());
  }

  async fetch() {
    if (this.isBusy || this.isPaused || document.hidden) return;
    this.isBusy = true;
    try {
      while (this.wanted > this.latest && !this.isPaused) {
        const object = await get(this.path, { after: this.latest });
        this.latest = object.latest;
        this.wanted = Math.max(this.wanted, object.latest);
        this.show((object.requests ?? object.lines).slice(-this.limit));
        await new Promise(requestAnimationFrame);
      }
    } finally {
      this.isBusy = false;
    }
  }
}

// MARK: Requests

function requestRow(entry) {
  const target = element(entry.recorded ? "button" : "span", entry.target, entry.recorded ? "link code" : "code");
  if (entry.recorded) {
    target.type = "button";
    // The arrow keys go from row to row; the tabulator, past the list.
    target.tabIndex = -1;
    target.dataset.number = entry.number;
  }
  const isBad = entry.status === undefined || entry.status >= 500 || entry.incomplete;
  return row([
    [time(entry.time), "quiet"], entry.method, target,
    [entry.status === undefined ? "no response" : `${entry.status}${entry.incomplete ? ", cut" : ""}`, isBad ? "alarm" : ""],
    [String(entry.bytes), "figure"], [duration(entry.milliseconds), "figure"],
    [[entry.channel, entry.replayOf ? `replay of ${entry.replayOf}` : undefined].filter(Boolean).join(", ") || String(entry.revision), "figure"],
  ]);
}

const requestRows = $("requests-rows");

const requests = new Feed("requests", 200, entries => {
  requestRows.prepend(...entries.map(requestRow).reverse());
  while (requestRows.rows.length > requests.limit) requestRows.lastElementChild.remove();
  if (!requestRows.contains(document.activeElement)) focusable(requestRows.querySelector("button"));
  $("requests-count").textContent = `${requests.latest} so far`;
});

function focusable(next) {
  for (const other of requestRows.querySelectorAll("button[tabindex='0']")) other.tabIndex = -1;
  if (next) next.tabIndex = 0;
}

requestRows.addEventListener("click", event => {
  const number = event.target.closest("button")?.dataset.number;
  if (number) attempt(() => openExchange(Number(number)));
});

requestRows.addEventListener("keydown", event => {
  const current = event.target.closest("tr");
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!current || !step) return;
  event.preventDefault();
  let next = current[step];
  while (next && !next.querySelector("button")) next = next[step];
  const target = next?.querySelector("button");
  if (!target) return;
  focusable(target);
  target.focus();
});

$("requests-pause").addEventListener("click", () => {
  requests.isPaused = !requests.isPaused;
  $("requests-pause").setAttribute("aria-pressed", String(requests.isPaused));
  attempt(() => requests.fetch());
});

// MARK: Log

const logLimit = 1000;
let logLines = [];

const isLogLineShown = line => {
  const text = $("log-text").value.toLowerCase();
  const source = $("log-source").value;
  return (!source || line.source === source) && (!text || `${line.route ?? ""} ${line.text}`.toLowerCase().includes(text));
};

function logItem({ time: seconds, source, route, channel, text }) {
  const from = [channel, route ?? { build: "build", sandbox: "hippo-dev" }[source] ?? source].filter(Boolean).join(" ");
  return element("li", [element("span", `${time(seconds)} ${from}  `, "quiet"), text], "code");
}

function showLog(lines, isAnew) {
  const list = $("log-lines");
  const items = lines.filter(isLogLineShown).map(logItem);
  if (isAnew) list.replaceChildren(...items); else list.append(...items);
  while (list.childElementCount > logLimit) list.firstElementChild.remove();
  if ($("log-follow").checked) list.scrollTop = list.scrollHeight;
}

const log = new Feed("log", logLimit, lines => {
  logLines = logLines.concat(lines).slice(-logLimit);
  showLog(lines, false);
});

for (const id of ["log-text", "log-source"]) $(id).addEventListener("input", () => showLog(logLines, true));
document.addEventListener("visibilitychange", () => {
  for (const feed of [requests, log]) attempt(() => feed.fetch());
});

/** Takes note of how much there is. */
export function tellActivity(latest) {
  requests.tell(latest.requests);
  log.tell(latest.log);
}
