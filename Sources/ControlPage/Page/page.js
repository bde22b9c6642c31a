// The control page: it shows what the API tells, and acts on nothing in its own address but a token, which it takes out.
const $ = id => document.getElementById(id);

// MARK: The API

const tokenKey = "token";
if (location.hash.startsWith("#token=")) {
  sessionStorage.setItem(tokenKey, decodeURIComponent(location.hash.slice("#token=".length)));
  history.replaceState(null, "", location.pathname);
}

class TokenWanted extends Error {}

async function get(path, parameters = {}, options = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ""));
  const token = sessionStorage.getItem(tokenKey);
  const response = await fetch(`/api/v1/${path}${query.size ? "?" + query : ""}`, {
    headers: token ? { Authorization: `Bearer ${token}` } : {}, credentials: "omit", cache: "no-store", ...options,
  });
  if (response.status === 401) throw new TokenWanted();
  return response;
}

async function getObject(path, parameters) {
  const response = await get(path, parameters);
  const object = await response.json();
  if (!response.ok) throw new Error(object.error);
  return object;
}

/** Calls `take(name, object)` for each event, until the stream ends. EventSource cannot send a token. */
async function followEvents(take) {
  const response = await get("events");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      let name = "message";
      const data = [];
      for (const line of text.slice(0, end).split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        if (line.startsWith("data: ")) data.push(line.slice(6));
      }
      text = text.slice(end + 2);
      if (data.length) take(name, JSON.parse(data.join("\n")));
    }
  }
}

// MARK: Text into the page

/** Guests choose these texts: they are never HTML. */
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row(cells) {
  const made = document.createElement("tr");
  for (const [text, className] of cells) made.append(element("td", text, className));
  return made;
}

const time = seconds => new Date(seconds * 1000).toLocaleTimeString(undefined, { hour12: false });
const duration = milliseconds => milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds).toString();

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let power = 0;
  for (bytes /= 1000; bytes >= 1000 && power < units.length - 1; power += 1) bytes /= 1000;
  return `${bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${units[power]}`;
}

/** The URL of a path of the app; nothing where a route's text would lead elsewhere. */
function appLink(path) {
  if (!URL.canParse(path, app.url)) return undefined;
  const url = new URL(path, app.url);
  return url.origin === new URL(app.url).origin && path.startsWith("/") && !path.startsWith("//") ? url.href : undefined;
}

// MARK: Now

let app;
let shownRevision;

const words = { starting: "Starting", building: "Building", serving: "Serving", failed: "Failed" };

function showApp(next) {
  app = next;
  $("version").textContent = app.version;
  $("title").textContent = app.bindle ?? "The app";
  document.title = `${words[app.state]}: ${app.bindle ?? "hippo-dev"}`;
  $("state").dataset.state = app.state;
  $("state-word").textContent = words[app.state] ?? app.state;
  const link = element("a", app.url);
  link.href = app.url;
  const revision = app.revision > 0 ? `revision ${app.revision} at ` : "at ";
  $("state-text").replaceChildren(app.state === "failed" && app.revision > 0 ? "to serve the last save; still " : "", revision, link);
  showProblem(app.problem);
  const timings = (app.timings ?? []).map(({ stage, milliseconds }) => row([[stage], [`${duration(milliseconds)} ms`, "figure"]]));
  $("timings").tBodies[0].replaceChildren(...(timings.length ? timings : [row([["Nothing has been saved yet.", "quiet"], [""]])]));
  // What serves is told a moment after its number.
  if (app.bindle && app.revision > 0 && shownRevision !== app.revision) {
    shownRevision = app.revision;
    attempt(() => showContents().catch(error => {
      shownRevision = undefined;
      throw error;
    }));
  }
}

function showProblem(problem) {
  $("problem").hidden = !problem;
  if (!problem) return;
  $("problem-stage").textContent = `${problem.stage} failed`;
  const place = [problem.file, problem.line, problem.column].filter(part => part !== undefined).join(":");
  // The sandbox has made the link, for the developer's editor.
  const shown = element(problem.link ? "a" : "span", place);
  if (problem.link) shown.href = problem.link;
  $("problem-place").replaceChildren(shown);
  $("problem-message").textContent = problem.message;
  $("problem-source").hidden = !problem.excerpt;
  $("problem-source").replaceChildren(...(problem.excerpt ?? []).map(({ number, text }) =>
    element("span", `${String(number).padStart(5)}  ${text}\n`, number === problem.line ? "here" : "")));
}

async function showContents() {
  const { routes } = await getObject("app/routes");
  $("routes").replaceChildren(...routes.map(({ route, path, module }) => {
    const item = element("li");
    const href = appLink(path);
    const shown = element(href ? "a" : "span", route, "code");
    if (href) shown.href = href;
    item.append(shown, element("span", ` ${module}`, "quiet"));
    return item;
  }));
  await showParcels();
}

// MARK: Parcels

const parcelsPerPage = 100;
let parcelOffset = 0;

async function showParcels(offset = 0) {
  const page = await getObject("app/parcels", { offset, limit: parcelsPerPage, text: $("parcels-text").value });
  const rows = page.parcels.map(({ name, change, size: bytes, mediaType }) =>
    row([[name, "code"], [page.comparedWith && change !== "same" ? change : ""], [size(bytes), "figure"], [mediaType, "quiet"]]));
  if (offset === 0) {
    rows.push(...page.removed.map(name => row([[name, "code quiet"], ["removed"], [""], [""]])));
    $("parcels-rows").replaceChildren(...rows);
  } else {
    $("parcels-rows").append(...rows);
  }
  parcelOffset = offset + page.parcels.length;
  $("parcels-count").textContent = `${page.total} of revision ${page.revision}`
    + (page.comparedWith ? `, compared with revision ${page.comparedWith}` : "");
  $("parcels-more").hidden = parcelOffset >= page.total;
}

$("parcels-text").addEventListener("input", () => attempt(showParcels));
$("parcels-more").addEventListener("click", () => attempt(() => showParcels(parcelOffset)));

// MARK: Requests and log

/** What is new of a list is fetched, one request at a time, and so many of it are shown. */
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
        const object = await getObject(this.path, { after: this.latest });
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

const requests = new Feed("requests", 200, entries => {
  const rows = entries.map(entry => row([
    [time(entry.time), "quiet"], [entry.method], [entry.target, "code"],
    [entry.status === undefined ? "no response" : `${entry.status}${entry.incomplete ? ", cut" : ""}`,
      entry.status === undefined || entry.status >= 500 || entry.incomplete ? "alarm" : ""],
    [String(entry.bytes), "figure"], [duration(entry.milliseconds), "figure"], [String(entry.revision), "figure"],
  ])).reverse();
  const body = $("requests-rows");
  body.prepend(...rows);
  while (body.rows.length > requests.limit) body.lastElementChild.remove();
  $("requests-count").textContent = `${requests.latest} so far`;
});

$("requests-pause").addEventListener("click", () => {
  requests.isPaused = !requests.isPaused;
  $("requests-pause").setAttribute("aria-pressed", String(requests.isPaused));
  attempt(() => requests.fetch());
});

const logLimit = 1000;
let logLines = [];

const isLogLineShown = line => {
  const text = $("log-text").value.toLowerCase();
  const source = $("log-source").value;
  return (!source || line.source === source) && (!text || `${line.route ?? ""} ${line.text}`.toLowerCase().includes(text));
};

function logItem({ time: seconds, source, route, text }) {
  const item = element("li", undefined, "code");
  item.append(element("span", `${time(seconds)} ${route ?? { build: "build", sandbox: "hippo-dev" }[source] ?? source}  `, "quiet"), text);
  return item;
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

// MARK: The connection

/** Says what has gone wrong with a request; what is shown stays. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof TokenWanted) return askForToken();
    complain(error instanceof TypeError ? "hippo-dev does not answer. This page goes on when it does." : error.message);
  }
}

function complain(text) {
  $("connection").hidden = !text;
  $("connection").textContent = text;
}

let isAsking = false;

function askForToken() {
  if (isAsking) return;
  isAsking = true;
  sessionStorage.removeItem(tokenKey);
  complain("");
  $("token").hidden = false;
  $("token-text").focus();
}

$("token").addEventListener("submit", event => {
  event.preventDefault();
  sessionStorage.setItem(tokenKey, $("token-text").value.trim());
  $("token-text").value = "";
  $("token").hidden = true;
  isAsking = false;
  follow();
});

async function follow() {
  let pause = 500;
  while (!isAsking) {
    await attempt(() => followEvents((name, object) => {
      pause = 500;
      complain("");
      if (name === "app") showApp(object);
      if (name === "activity") {
        requests.tell(object.requests);
        log.tell(object.log);
      }
    }));
    if (isAsking) return;
    complain("hippo-dev does not answer. This page goes on when it does.");
    await new Promise(resolve => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, 5000);
  }
}

follow();
