// One request, looked into: what was asked, what was answered, what the handler had, and how long each part took.
import { call, get, send } from "./api.js";
import { $, element, row, button, link, date, duration, size, attempt, openDialog, download } from "./elements.js";
import { differenceLines } from "./releases.js";

let number;
let exchange;

/** Opens a request of the list. */
export async function openExchange(of) {
  number = of;
  $("exchange-unmasked").checked = false;
  $("exchange-replayed").replaceChildren();
  $("exchange-edit").hidden = true;
  await show();
  openDialog($("exchange"));
}

async function show() {
  exchange = await get(`requests/${number}`, { unmasked: $("exchange-unmasked").checked || undefined });
  const { run } = exchange;
  $("exchange-title").textContent = `Request ${number}: ${exchange.method} ${exchange.target}`;
  $("exchange-facts").replaceChildren(...facts({
    Time: date(exchange.time), Status: exchange.status ?? "no response",
    Handler: exchange.handler ?? (exchange.file ? "a file of the bundle" : undefined), Route: exchange.route,
    Revision: exchange.release ? undefined : exchange.revision || undefined, Release: exchange.release, Channel: exchange.channel,
    "Replay of": exchange.replayOf, Replays: exchange.replays?.join(", ") || undefined,
    Took: `${duration(exchange.milliseconds)} ms`, Memory: run ? size(run.memory) : undefined,
  }));
  $("exchange-times").replaceChildren(...Object.entries(exchange.timings ?? {}).map(([stage, milliseconds]) =>
    row([stage, [`${duration(milliseconds)} ms`, "figure"]])));
  $("exchange-times-part").hidden = !exchange.timings;
  const parts = [];
  if (run?.failure) parts.push(failure(run.failure));
  if (exchange.request) parts.push(section("Request", fields(exchange.request.headers, "Fields of the request"), body("request", exchange.request.body)));
  if (exchange.response) parts.push(section("Response", fields(exchange.response.headers, "Fields of the response"), body("response", exchange.response.body)));
  if (run?.errorOutput.text) parts.push(section("Standard error", text(run.errorOutput.text, "Standard error")));
  if (run) parts.push(section("Environment", fields(run.environment, "Variables")));
  if (run?.arguments.length) parts.push(section("Arguments", text(run.arguments.join("\n"), "Arguments")));
  $("exchange-parts").replaceChildren(...parts);
}

const facts = all => Object.entries(all).filter(([, value]) => value !== undefined)
  .flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]);

/** Why the module has failed, where in its source, and how it came there. */
function failure({ problem, calls, omission, source }) {
  const parts = [element("p", problem, "alarm")];
  const place = (href, shown) => href ? link(href, shown) : shown;
  if (source) {
    parts.push(element("p", place(source.link, [source.file, source.line, source.column].filter(part => part !== undefined).join(":"))));
    parts.push(element("pre", source.excerpt.map(({ number: line, text: shown }) =>
      element("span", `${String(line).padStart(5)}  ${shown}\n`, line === source.line ? "here" : ""))));
  }
  parts.push(element("ol", calls.map(call => element("li", [element("span", call.function, "code"), " ", place(call.link, call.place)]))));
  if (omission) parts.push(element("p", omission, "quiet"));
  return section("Failure", ...parts);
}

/** What may be wider than there is room for, and is moved by the keyboard too. */
function region(content, label) {
  const made = element("div", content, "scroll");
  made.tabIndex = 0;
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", label);
  return made;
}

function text(content, label) {
  const made = element("pre", content);
  made.tabIndex = 0;
  made.setAttribute("aria-label", label);
  return made;
}

function section(title, ...content) {
  return element("section", [element("h3", title), ...content]);
}

function fields(list, label) {
  const rows = list.map(({ name, value, masked }) => row([[name, "code quiet"], [masked ? "hidden" : value, masked ? "quiet" : "code"]]));
  return region(element("table", element("tbody", rows)), label);
}

function body(of, content) {
  if (content.bytes === 0) return element("p", "No body.", "quiet");
  const isPart = content.sha256 === undefined && content.kept < content.bytes;
  const save = button("Save", async () => {
    const response = await send("GET", `requests/${number}/body`, { parameters: { of } });
    if (!response.ok) throw new Error((await response.json()).error);
    download(await response.blob(), `${of}-${number}`);
  }, `Save the body of the ${of}`);
  const note = `${size(content.bytes)}${isPart ? `, of which ${size(content.kept)} are kept` : ""} `;
  const made = element("div", element("p", [element("span", note, "quiet"), save]));
  if (content.text !== undefined) made.append(text(content.text, `Body of the ${of}`));
  return made;
}

$("exchange-unmasked").addEventListener("change", () => attempt(show));

// MARK: Copies

async function textOf(path, parameters) {
  const response = await send("GET", path, { parameters: { ...parameters, unmasked: $("exchange-unmasked").checked || undefined } });
  const received = await response.text();
  if (!response.ok) throw new Error(JSON.parse(received).error);
  return received;
}

$("exchange-curl").addEventListener("click", () => attempt(async () => {
  const command = await textOf(`requests/${number}/curl`);
  await navigator.clipboard?.writeText(command).catch(() => {});
  $("exchange-replayed").replaceChildren(element("p", "As a command, also on the clipboard:"), text(command, "The command"));
}, $("exchange-curl")));

$("exchange-har").addEventListener("click", () => attempt(async () => {
  download(new Blob([await textOf("har", { number })], { type: "application/json" }), `request-${number}.har`);
}, $("exchange-har")));

$("requests-har").addEventListener("click", () => attempt(async () => {
  const response = await send("GET", "har");
  if (!response.ok) throw new Error((await response.json()).error);
  download(await response.blob(), "requests.har");
}, $("requests-har")));

// MARK: Replay

async function choices() {
  const [{ revisions }, { releases }] = await Promise.all([get("revisions"), get("releases", { limit: 20 })]);
  const options = [["now", "what serves now"],
    ...revisions.slice(0, 20).map(revision => [`revision:${revision.number}`, `revision ${revision.number}`]),
    ...releases.map(({ id }) => [`release:${id}`, id])];
  const select = $("exchange-against");
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => {
    const option = element("option", text);
    option.value = value;
    return option;
  }));
  if (options.some(([value]) => value === before)) select.value = before;
}

$("exchange-against").addEventListener("focus", () => attempt(choices));
$("exchange-replay").addEventListener("click", () => attempt(() => replay(), $("exchange-replay")));

$("exchange-change").addEventListener("click", () => {
  $("exchange-edit").hidden = false;
  $("edit-method").value = exchange.method;
  $("edit-target").value = exchange.target;
  $("edit-headers").value = exchange.request.headers.map(({ name, value, masked }) => `${name}: ${masked ? "(masked)" : value}`).join("\n");
  const content = exchange.request.body.text;
  $("edit-body").value = content ?? "";
  $("edit-body").disabled = content === undefined && exchange.request.body.bytes > 0;
  $("edit-target").focus();
});

$("exchange-edit").addEventListener("submit", event => {
  event.preventDefault();
  const headers = $("edit-headers").value.split("\n").filter(line => line.trim()).map(line => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon < 0 ? line.length : colon).trim(), value: colon < 0 ? "" : line.slice(colon + 1).trim() };
  });
  const edit = { method: $("edit-method").value.trim(), target: $("edit-target").value.trim(), headers };
  if (!$("edit-body").disabled) edit.body = $("edit-body").value;
  attempt(() => replay(edit), event.submitter);
});

async function replay(edit) {
  const result = $("exchange-replayed");
  result.replaceChildren(element("p", "Replaying…"));
  try {
    const replayed = await call("POST", `requests/${number}/replay`, { json: { against: $("exchange-against").value || "now", ...edit && { edit } } });
    const { comparison } = replayed;
    const open = replayed.number === undefined ? "not kept"
      : button(String(replayed.number), () => openExchange(replayed.number), `Open request ${replayed.number}`);
    result.replaceChildren(
      element("h3", comparison.same ? "The answer is the same" : "The answers differ"),
      element("p", ["Answered by ", replayed.against, "; in the list: ", open, "."]), ...shown(comparison));
  } catch (error) {
    result.replaceChildren(element("p", error.message, "alarm"));
  }
  result.scrollIntoView({ block: "nearest" });
}

function shown({ status, headers, body: content }) {
  const parts = [];
  const side = value => value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
  const sides = (name, before, after) => row([[name, "code quiet"], [side(before), "code removed"], [side(after), "code added"]]);
  const rows = [
    ...status.before === status.after ? [] : [sides("status", status.before, status.after)],
    ...headers.map(({ name, before, after }) => sides(name, before.join(", "), after.join(", "))),
    ...(content.changes ?? []).map(({ path, before, after }) => sides(path || "the body", before, after)),
  ];
  if (rows.length) {
    const head = element("thead", element("tr", ["What", "Before", "Now"].map(name => {
      const cell = element("th", name);
      cell.scope = "col";
      return cell;
    })));
    parts.push(region(element("table", [head, element("tbody", rows)]), "What differs"));
  }
  if (content.hunks) parts.push(text(undefined, "What differs in the body"));
  if (content.hunks) parts.at(-1).append(...differenceLines(content));
  if (content.kind === "bytes") parts.push(element("p", `The bodies differ from byte ${content.firstDifference}: ${size(content.before)} before, ${size(content.after)} now.`));
  if (content.partial) parts.push(element("p", "Only the kept beginnings of the bodies are compared.", "quiet"));
  return parts;
}
